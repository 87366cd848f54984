// Runs the kernel on emulated Xtensa: bytes that come out, and executed instructions. QEMU's user emulation has no counter, so it
// logs each instruction as it runs them one by one, and the lines are counted.
import { spawn, spawnSync } from "node:child_process";
import { projectPath } from "../../host-tools/files/project";

const PROGRAM = projectPath("build/xtensa/kernel");
const QEMU = ["-cpu", "lx106"];

/** What is missing to build or run it; undefined: nothing. */
export function missingForXtensa(): string | undefined {
	for (const [tool, from] of [
		["xtensa-lx106-elf-gcc", "gcc-xtensa-lx106"],
		["qemu-xtensa", "qemu-user"],
	] as const)
		if (spawnSync(tool, ["--version"]).error) return `${tool} is not installed (Debian: apt install ${from})`;
	return undefined;
}

export function buildXtensa(): void {
	const { status, stderr } = spawnSync("make", ["-s", "-C", projectPath("benchmarks/xtensa")], {
		encoding: "utf8",
	});
	if (status !== 0) throw new Error(`the kernel does not compile for Xtensa:\n${stderr}`);
}

/** For each golden vector of a blob the outputs and the saved state, as bytes. */
export function runXtensa(blob: Uint8Array): Buffer {
	const { status, stdout, stderr } = spawnSync("qemu-xtensa", [...QEMU, PROGRAM], { input: blob });
	if (status !== 0) throw new Error(`the kernel on Xtensa ended with code ${status}: ${stderr}`);
	return stdout;
}

/** Instructions of a run. @param short only the first sixteen steps of each golden vector */
function instructions(blob: Uint8Array, short: boolean): Promise<number> {
	return new Promise((resolve, reject) => {
		const log = ["-singlestep", "-d", "exec,nochain"];
		const child = spawn("qemu-xtensa", [...QEMU, ...log, PROGRAM, ...(short ? ["short"] : [])]);
		let lines = 0;
		child.stderr.on("data", (bytes: Buffer) => {
			for (const byte of bytes) if (byte === 10) lines++;
		});
		child.stdout.resume();
		child.on("error", reject);
		child.on("close", (code) =>
			code === 0 ? resolve(lines) : reject(new Error(`it ended with code ${code}`)),
		);
		child.stdin.end(blob);
	});
}

/** Instructions per step with sixteen samples per call. @param steps of all golden vectors beyond the first sixteen of each */
export async function instructionsPerStep(blob: Uint8Array, steps: number): Promise<number> {
	return ((await instructions(blob, false)) - (await instructions(blob, true))) / steps;
}
