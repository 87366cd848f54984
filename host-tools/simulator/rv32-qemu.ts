// QEMU as a bare RV32IMC machine: arguments that count instructions, and the error when it is missing.
import { UserError } from "../terminal/errors";
import { run } from "./process";

export const QEMU = "qemu-system-riscv32";
const CROSS = "riscv64-unknown-elf-gcc";

/** Makes instruction counts exact and repeatable: one instruction per tick of virtual time. */
export const COUNTED = ["-icount", "shift=0"];

const BOARD = ["-M", "virt", "-m", "32M", "-display", "none", "-monitor", "none"];

/** The instruction set of the ESP32-C3: no atomics, no floating point. */
export const MACHINE = [...BOARD, "-cpu", "rv32,a=false,f=false,d=false"];

/** The same board with hardware single-precision floating point, as on the ESP32-P4. */
export const MACHINE_WITH_FPU = [...BOARD, "-cpu", "rv32,d=false"];

const PACKAGES = "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc";

/** Names the tools missing for the rv32 target; undefined when none is. */
export async function missingRv32Tools(): Promise<string | undefined> {
	const missing: string[] = [];
	if ((await run(QEMU, ["--version"])).code === undefined) missing.push(QEMU);
	const compiler = await run(CROSS, ["--print-file-name=picolibc.specs"]);
	if (compiler.code === undefined) missing.push(CROSS);
	else if (!compiler.stdout.includes("/")) missing.push("picolibc for RISC-V");
	return missing.length === 0 ? undefined : missing.join(", ");
}

/** @throws UserError naming what is missing and how to get it */
export async function requireRv32Tools(): Promise<void> {
	const missing = await missingRv32Tools();
	if (missing !== undefined)
		throw new UserError(`Not installed: ${missing}. Install them (Debian: apt install ${PACKAGES}).`);
}
