// Bytes that the kernel takes of a board's flash: built with switches, and linked with what essm.h declares, so that calls are as
// short as they can be and the linker drops what no table names.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { projectPath } from "../../host-tools/files/project";

const KERNEL = projectPath("firmware/kernel");
const OUT = projectPath("build/rv32-size");
const CROSS = "riscv64-unknown-elf-";
const TARGET = ["-march=rv32imc", "-mabi=ilp32"];
// as benchmarks/rv32/Makefile
const FLAGS = ["-O2", "-ffunction-sections", "-fdata-sections", "-std=c99", "-ffreestanding", "-fno-builtin"];

/** The most that the code of all kinds may take of the flash. */
export const MAX_CODE_BYTES = 16_384;

/** Likewise S4D alone, without fast paths. */
export const MAX_S4D_BYTES = 10_752;

/** Names of the kinds that a build may leave out, as in ESSM_WITHOUT_NAME. */
export const KIND_NAMES: readonly string[] = Array.from(
	readFileSync(join(KERNEL, "essm_kinds.h"), "utf8").matchAll(/^\tKEEP\(KIND, \w+, \w+, (\w+)\)/gm),
	([, name]) => name!,
);

/** What networks of S4D with folded norms, GELU and GLUs do not need. */
export const BEYOND_S4D: readonly string[] = KIND_NAMES.filter(
	(name) =>
		!["AFFINE", "S4D", "GELU", "GLU", "LINEAR_ENCODER", "CLASSES_HEAD", "CARTESIAN", "HARMONIC"].includes(
			name,
		),
);

export const without = (names: readonly string[]): string[] => names.map((name) => `-DESSM_WITHOUT_${name}`);

export interface CodeSize {
	/** Code, linked. */
	code: number;
	/** Tables and names of errors, linked. */
	tables: number;
	/** Code of the objects, whose calls have their longest form. */
	objects: number;
}

function sections(files: string[]): { code: number; tables: number } {
	const printed = execFileSync(`${CROSS}size`, ["-A", ...files], { encoding: "utf8" });
	let code = 0;
	let tables = 0;
	for (const [, section, bytes] of printed.matchAll(/^\.(text|s?rodata|s?data)\S*\s+(\d+)/gm))
		if (section === "text") code += Number(bytes);
		else tables += Number(bytes);
	return { code, tables };
}

/** The kernel on RV32IMC at -O2. @param switches such as -DESSM_WITHOUT_S5 */
export function codeSize(switches: readonly string[] = []): CodeSize {
	const folder = join(OUT, `${process.pid}`);
	mkdirSync(folder, { recursive: true });
	try {
		const sources = readdirSync(KERNEL).filter((file) => file.endsWith(".c"));
		const paths = sources.map((file) => join(KERNEL, file));
		execFileSync(`${CROSS}gcc`, [...TARGET, ...FLAGS, ...switches, "-c", ...paths], { cwd: folder });
		const objects = sources.map((file) => join(folder, file.replace(/c$/, "o")));
		const calls = readFileSync(join(KERNEL, "essm.h"), "utf8").matchAll(/^\w[\w *]*\b(essm_\w+)\(/gm);
		const roots = Array.from(calls, ([, call]) => `-Wl,-u,${call}`);
		const linked = join(folder, "kernel.elf");
		const link = ["-nostdlib", "-Wl,--gc-sections", "-Wl,-e,0", ...roots];
		execFileSync(`${CROSS}gcc`, [...TARGET, ...link, ...objects, "-o", linked]);
		return { ...sections([linked]), objects: sections(objects).code };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
