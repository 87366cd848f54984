// A kind that the project does not have, a one-pole filter per head, moved into a copy of it: tests/toy holds one file per room,
// LISTS one line per list. Everything in the copy must take it in: what is generated, the compilers, and toy/onepole.ts, whose tests
// run in the copy. An edit that would be needed elsewhere is a fault of the structure.
import { spawn, spawnSync } from "node:child_process";
import {
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import type { Generated } from "../../host-tools/generate/files";

const FIXTURE = "tests/toy";
const COPY = resolve("build/toy");
const TESTS = "tests/onepole.ts";

/** The line that each list gets, before its first entry. */
const EXPORT = 'export { onepole } from "./onepole";';
const LISTS: [file: string, before: RegExp, line: string][] = [
	["src/network/mixers.ts", /^export/m, EXPORT],
	["src/reference/mixers.ts", /^export/m, EXPORT],
	["firmware/kernel/essm_kinds.h", /^\tKEEP\(KIND, ESSM_MIXER/m, "\tKIND(ESSM_MIXER_ONEPOLE, onepole) \\"],
	["host-tools/float/mixers.ts", /^export/m, EXPORT],
	["host-tools/quantization/mixers.ts", /^export/m, EXPORT],
	["host-tools/quantization/widths/mixers.ts", /^export/m, EXPORT],
	["host-tools/search/kinds/mixers.ts", /^export/m, EXPORT],
	["host-tools/training/operations/mixers.ts", /^export/m, EXPORT],
	[
		"host-tools/training/operations/stages.ts",
		/^export/m,
		'export { putOnepole as onepole } from "./onepole";',
	],
	["host-tools/training/native/kinds/kinds.h", /^\tKIND/m, "\tKIND(onepole) \\"],
];

/** Files of the new kind, by their place in the project. */
const FILES = readdirSync(FIXTURE, { recursive: true, encoding: "utf8" }).filter((file) =>
	file.includes("onepole"),
);

/** Makes the copy anew. Native libraries stay: make sees what has changed. */
function copyProject(): void {
	const copied = ["src", "host-tools", "benchmarks", "firmware", "docs", "package.json", "tsconfig.json"];
	for (const part of ["src", "host-tools", "benchmarks", "firmware", "tests", "docs"])
		rmSync(join(COPY, part), { recursive: true, force: true });
	mkdirSync(COPY, { recursive: true });
	for (const part of copied) cpSync(part, join(COPY, part), { recursive: true, preserveTimestamps: true });
	if (!existsSync(join(COPY, "node_modules")))
		symlinkSync(resolve("node_modules"), join(COPY, "node_modules"));
	for (const file of FILES) {
		expect(existsSync(join(COPY, file)), `${file} would be overwritten`).toBe(false);
		mkdirSync(dirname(join(COPY, file)), { recursive: true });
		cpSync(join(FIXTURE, file), join(COPY, file), { preserveTimestamps: true });
	}
	for (const [file, before, line] of LISTS) {
		const text = readFileSync(join(COPY, file), "utf8");
		expect(text, file).toMatch(before);
		writeFileSync(
			join(COPY, file),
			text.replace(before, (entry) => `${line}\n${entry}`),
		);
	}
}

copyProject();
const { GENERATED } = (await import(join(COPY, "host-tools/generate/files.ts"))) as {
	GENERATED: readonly Generated[];
};
for (const { path, make } of GENERATED) {
	const file = join(COPY, path);
	writeFileSync(file, make(readFileSync(file, "utf8")));
}
// The host tools run the kernel as WebAssembly; make says so where it can't be built.
const wasm = join(COPY, "firmware/targets/wasm/essm.wasm");
rmSync(wasm);
const made = spawnSync("make", ["-s", "-C", dirname(wasm)], { encoding: "utf8" });
const runnable = existsSync(wasm);
if (!runnable) console.warn(`left out: the new kind in all tools. ${made.stdout}${made.stderr}`);

test("a kind is one file per room and one line per list", () => {
	const rooms = FILES.filter((file) => file !== TESTS).map(dirname);
	expect(new Set(rooms).size).toBe(rooms.length);
	expect(new Set(LISTS.map(([file]) => dirname(file)))).toEqual(new Set(rooms));
	const layouts = GENERATED.filter(({ path }) => /layout|BLOB/.test(path));
	for (const { path } of layouts) expect(readFileSync(join(COPY, path), "utf8"), path).toMatch(/onepole/i);
});

/** What the compiler says of the copy. */
async function typeErrors(): Promise<string> {
	const options = ["--noEmit", "--incremental", "--tsBuildInfoFile", "tsc.tsbuildinfo"];
	const tsc = spawn(process.execPath, ["node_modules/typescript/bin/tsc", ...options], { cwd: COPY });
	let said = "";
	for (const stream of [tsc.stdout, tsc.stderr])
		stream.on("data", (chunk) => {
			said += chunk;
		});
	const code = await new Promise((done) => tsc.on("close", done));
	return code === 0 ? said : `${said}tsc ended with code ${code}`;
}
const types = typeErrors(); // beside all that follows

// Its tests, against the modules of the copy. Trained is little: the compiler's time counts more than the library's.
process.env.CFLAGS = "-O1";
if (runnable) await import(join(COPY, TESTS));
else test.skip("the new kind in all tools", () => {});

test("everything still has its type", async () => {
	expect(await types).toBe("");
});
