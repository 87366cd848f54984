// What a kernel for one model leaves out: the kinds that the model does without, by the names that every build knows.
import { readdirSync, readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { kindsLeftOut } from "../../host-tools/measure/kinds";
import { readBlob } from "../../src/blob/read";
import { buildCli, runCli } from "../support/cli-run";

const listed = Array.from(
	readFileSync(projectPath("firmware/kernel/essm_kinds.h"), "utf8").matchAll(
		/^\tKEEP\(KIND, \w+, \w+, (\w+)\)/gm,
	),
	([, name]) => name!,
);

test("motion needs S4D with folded norms, GELU and a GLU, and nothing else", () => {
	const left = kindsLeftOut(readBlob(readFileSync(projectPath("models/motion.essm"))));
	expect(listed.filter((name) => !left.includes(name))).toEqual([
		"AFFINE",
		"S4D",
		"GELU",
		"GLU",
		"LINEAR_ENCODER",
		"CLASSES_HEAD",
		"CARTESIAN",
	]);
});

test("every shipped model's kinds are among those that the kernel lists", () => {
	for (const file of readdirSync(projectPath("models")).filter((name) => name.endsWith(".essm")))
		expect(kindsLeftOut(readBlob(readFileSync(projectPath(`models/${file}`)))).length, file).toBeLessThan(
			listed.length,
		);
});

test("the SDK's build knows every kind that may be left out, and every file that asks", () => {
	const text = readFileSync(projectPath("firmware/modules/sdk/essm-kinds.c"), "utf8");
	const known = Array.from(
		text.matchAll(/^#if MODDEF_ESSM_WITHOUT_(\w+)\n#define ESSM_WITHOUT_\1 1\n#endif$/gm),
		([, name]) => name,
	);
	expect(known).toEqual([...listed, "FAST_PATHS"]);
	const asks = readdirSync(projectPath("firmware/kernel"))
		.filter((file) => file.endsWith(".c"))
		.filter((file) =>
			/ESSM_WITHOUT_|\bESSM_(NORMS|MIXERS|ACTIVATIONS|CHANNELS|POSTS|ENCODERS|HEADS|POLES)\(/.test(
				readFileSync(projectPath(`firmware/kernel/${file}`), "utf8"),
			),
		);
	expect(Array.from(text.matchAll(/^#include "..\/..\/kernel\/(\w+\.c)"$/gm), ([, file]) => file)).toEqual(
		asks,
	);
	const { modules } = JSON.parse(readFileSync(projectPath("firmware/modules/kernel.json"), "utf8"));
	expect(modules["~"]).toEqual(asks.map((file) => `../kernel/${file.replace(".c", "")}`));
});

test("inspect --kinds prints a manifest of them", async () => {
	const { file, remove } = await buildCli();
	onTestFinished(remove);
	const { stdout, code } = await runCli(file, ["inspect", projectPath("models/motion.essm"), "--kinds"]);
	expect(code).toBe(0);
	const { defines } = JSON.parse(stdout);
	expect(defines.essm).toMatchObject({ without_s5: 1, without_values_head: 1 });
	expect(defines.essm).not.toHaveProperty("without_s4d");
});
