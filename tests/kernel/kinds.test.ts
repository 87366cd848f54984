// Builds of the kernel that leave out kinds or fast paths, or take longer blocks: what they still run gives the same bytes, and the rest is refused.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import {
	BEYOND_S4D,
	codeSize,
	KIND_NAMES,
	MAX_CODE_BYTES,
	MAX_S4D_BYTES,
	without,
} from "../../benchmarks/rv32/size";
import { NativeKernel } from "../../host-tools/kernel/native";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { writeBlob } from "../../src/blob/write";
import { randomChannels } from "../support/random-channels";
import { randomNetwork, randomSamples } from "../support/random-network";
import { randomS5Network } from "../support/random-s5";
import { readVectors } from "../support/vectors";

const KERNEL = resolve("firmware/kernel");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** A library built with switches, and with every warning an error. */
function build(name: string, switches: readonly string[]): string {
	const out = resolve("build/kernel-kinds", name);
	mkdirSync(out, { recursive: true });
	const extension = process.platform === "darwin" ? "dylib" : "so";
	execFileSync("make", ["-s", "-C", KERNEL, `OUT=${out}`, `CC=cc -O1 ${switches.join(" ")}`], {
		stdio: "pipe",
	});
	return resolve(out, `libessm.${extension}`);
}

/** The table of kinds as the compiler sees it: what is named after opening. */
function kept(file: string, left: readonly string[]): Set<string> {
	const text = execFileSync("cc", ["-E", "-P", ...without(left), file], { cwd: KERNEL, encoding: "utf8" });
	return new Set(
		Array.from(text.matchAll(/\{\s*\w+,[^{}]*?essm_(\w+)_(?:run|row)\s*\}/g), ([, name]) => name!),
	);
}

describe("a switch for each kind", () => {
	const names = (left: readonly string[]) =>
		new Set([...kept("essm_block.c", left), ...kept("essm_poles.c", left)]);
	const all = names([]);

	test("there is one for every kind of the tables", () => {
		expect(new Set(KIND_NAMES.map((name) => name.toLowerCase()))).toEqual(all);
	});

	test.each(KIND_NAMES)("%s leaves out that kind and no other", (name) => {
		const rest = new Set(all);
		expect(rest.delete(name.toLowerCase())).toBe(true);
		expect(names([name])).toEqual(rest);
	});
});

test("S4D alone runs networks of its kinds and refuses the others by ESSM_E_KIND", () => {
	const library = build("s4d", without(BEYOND_S4D));
	let [run, refused] = [0, 0];
	const drawn = Array.from({ length: 40 }, (_, seed) => randomNetwork(seed + 1));
	for (const [i, network] of [...readVectors().map((vector) => vector.network), ...drawn].entries()) {
		const blob = writeBlob(network, sha256);
		const full = new NativeKernel(blob);
		const open = () => new NativeKernel(blob, library);
		const isS4d = network.blocks.every(
			({ norm, mixer, activation, channel, post }) =>
				`${norm.kind} ${mixer.kind} ${activation.kind} ${channel.kind} ${post.kind}` ===
					"affine s4d gelu glu none" && mixer.A.kind !== "logarithmic",
		);
		if (!isS4d || network.encoder.kind !== "linear" || network.head.kind !== "classes") {
			expect(open, `network ${i}`).toThrow("ESSM_E_KIND");
			refused++;
			continue;
		}
		const kernel = open();
		const samples = randomSamples(i, 40, network.input.length);
		full.write(samples);
		kernel.write(samples);
		expect(kernel.outputs(), `network ${i}`).toEqual(full.outputs());
		expect(kernel.saveState(), `network ${i}`).toEqual(full.saveState());
		run++;
	}
	expect(run).toBeGreaterThan(20);
	expect(refused).toBeGreaterThan(2);
});

test.each([
	["without fast paths", () => build("small", without(["FAST_PATHS"]))],
	["with blocks of 32 steps", () => build("blocks", ["-DESSM_BLOCK=32"])],
])("%s every answer, every state and both arenas stay the same", (_name, make) => {
	const library = make();
	for (const draw of [randomNetwork, randomS5Network, randomChannels])
		for (let seed = 1; seed <= 150; seed++) {
			const network = draw(seed, seed > 140 ? seed - 110 : undefined);
			const blob = writeBlob(network, sha256);
			const samples = randomSamples(seed, 72, network.input.length);
			const cut = 55 * network.input.length;
			for (const arena of ["smallest", "preferred"] as const) {
				const full = new NativeKernel(blob, undefined, arena);
				const small = new NativeKernel(blob, library, arena);
				expect(small.arena.length).toBe(full.arena.length);
				full.write(samples);
				small.write(samples.subarray(0, cut));
				for (let at = cut; at < samples.length; at += network.input.length)
					small.write(samples.subarray(at, at + network.input.length));
				expect(small.outputs(), `seed ${seed}`).toEqual(full.outputs());
				expect(small.saveState(), `seed ${seed}`).toEqual(full.saveState());
			}
		}
});

const missing = await missingRv32Tools();
const compiler =
	missing ?? execFileSync("riscv64-unknown-elf-gcc", ["-dumpversion"], { encoding: "utf8" }).trim();
test.skipIf(!compiler.startsWith("12."))(
	"code on RV32IMC: all kinds within the bound, S4D alone without fast paths, and leaving out saves (GCC 12)",
	() => {
		const { code } = codeSize();
		expect(code).toBeLessThanOrEqual(MAX_CODE_BYTES);
		expect(codeSize(without(["FAST_PATHS"])).code).toBeLessThan(code - 1500);
		expect(codeSize(without([...BEYOND_S4D, "FAST_PATHS"])).code).toBeLessThanOrEqual(MAX_S4D_BYTES);
		expect(codeSize(without(["S5"])).code).toBeLessThan(code - 1000);
		expect(codeSize(without(BEYOND_S4D)).code).toBeLessThanOrEqual(12_764);
	},
);
