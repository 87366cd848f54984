// What the kernel's machine code may not hold, by firmware/kernel/check.sh: floats, libc, divisions. And that the check sees
// each of them.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const kernel = fileURLToPath(new URL("../../firmware/kernel", import.meta.url));
const make = (cwd: string, ...args: string[]) =>
	spawnSync("make", ["--no-print-directory", "check", ...args], { cwd, encoding: "utf8" });

test("the kernel's objects refer to nothing but the kernel, on this machine and on RV32IMC where its compiler is", () => {
	const { status, stdout, stderr } = make(kernel);
	expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
	expect(stdout).toMatch(/^host: refers to nothing but itself$/m);
	expect(stdout).toMatch(/^rv32imc: (refers to nothing but itself|left out, .* is not installed)$/m);
});

describe("the check finds", () => {
	test.each([
		[
			"libc",
			"void *memcpy(void *, const void *, __SIZE_TYPE__); void f(char *a, char *b); void f(char *a, char *b) { memcpy(a, b, 100); }",
		],
		["float", "int f(int v); int f(int v) { return (int)(v * 0.5f); }"],
		["double division", "long long f(int v); long long f(int v) { return (long long)(1.0 / v); }"],
		["a division", "int f(int a, int b); int f(int a, int b) { return a / b; }"],
		[
			"a remainder",
			"unsigned f(unsigned a, unsigned b); unsigned f(unsigned a, unsigned b) { return a % b; }",
		],
	])("%s", (_name, source) => {
		const copy = mkdtempSync(join(tmpdir(), "edge-ssm-check-"));
		onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
		cpSync(kernel, copy, { recursive: true });
		const check = (text: string) => {
			writeFileSync(join(copy, "extra.c"), `${text}\n`);
			return make(copy, `OUT=${join(copy, "out")}`, "SOURCES=extra.c").status;
		};
		expect(check("int f(int v); int f(int v) { return v * 3; }")).toBe(0);
		expect(check(source)).not.toBe(0);
	});
});

test("nothing of libc is included", () => {
	const includes = execFileSync("grep", ["-rhoE", "#include .*", "--include=essm*", kernel], {
		encoding: "utf8",
	});
	expect(new Set(includes.trim().split("\n"))).toEqual(
		new Set([
			...[
				"essm.h",
				"essm_arithmetic.h",
				"essm_bits.h",
				"essm_gated.h",
				"essm_half_glu.h",
				"essm_internal.h",
				"essm_kinds.h",
				"essm_layout.h",
				"essm_linear.h",
				"essm_normalize.h",
				"essm_polar.h",
				"essm_rows.h",
				"essm_scan.h",
			].map((name) => `#include "${name}"`),
			"#include <stddef.h>",
			"#include <stdint.h>",
		]),
	);
});

const formatter = spawnSync("clang-format", ["--version"]).status === 0;
/** Rooms whose C is formatted; each file by the nearest .clang-format above it. */
const FORMATTED = [
	"firmware/kernel",
	"firmware/modules",
	"firmware/targets",
	"host-tools/training/native",
	"benchmarks",
];
test.skipIf(!formatter)("the sources are as clang-format writes them (needs clang-format)", () => {
	const sources = FORMATTED.flatMap((room) =>
		readdirSync(room, { recursive: true, encoding: "utf8" })
			.filter((name) => /\.[ch]$/.test(name))
			.map((name) => `${room}/${name}`),
	);
	expect(sources.length).toBeGreaterThan(100);
	const { status, stderr } = spawnSync("clang-format", ["--dry-run", "--Werror", ...sources], {
		encoding: "utf8",
	});
	expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
