// What signed models cost on RV32IMC: instructions of SHA-256 and of Ed25519's check, code bytes, and the time from the
// start of the application to a running model of 8 KB with and without. Prints tables; docs/PERFORMANCE.md keeps them.
//
//     npm run bench -- signed
import { execFileSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { readBlobFile } from "../host-tools/evaluation/model-file";
import { projectPath } from "../host-tools/files/project";
import { signBlob, signedBytes } from "../host-tools/signing/keys";
import { run } from "../host-tools/simulator/process";
import { buildRv32, rv32Command, rv32Partitions } from "../host-tools/simulator/rv32";
import { COUNTED, MACHINE, QEMU, requireRv32Tools } from "../host-tools/simulator/rv32-qemu";
import { signedBuild } from "../host-tools/simulator/signed-build";
import { Simulator } from "../host-tools/simulator/simulator";
import { print, table } from "../host-tools/terminal/output";
import { readContainer } from "../src/blob/container";
import { writeBlob } from "../src/blob/write";
import { Flag, slotImage } from "../src/store/slot";

const BLOB_BYTES = 8192;
const HERTZ = 160e6;
/** At most, more than without signatures. */
const MOST_MILLISECONDS = 150;
const OUT = projectPath("build/rv32-bench");

/** The same key each time, so that its firmware is built once: RFC 8410's wrapping of a private key, and its 32 bytes. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const der = Buffer.concat([PKCS8, Buffer.alloc(32, 7)]);
const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
const { x } = createPublicKey(privateKey).export({ format: "jwk" });
const publicKey = Uint8Array.from(Buffer.from(x as string, "base64url"));

/** A signed blob of 8 KB: the built-in model, filled up with notes. */
function signedModel(): Uint8Array {
	const { network } = readBlobFile(projectPath("models/motion.essm"));
	const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
	const write = (fill: number) =>
		signBlob(writeBlob({ ...network, notes: network.notes + " ".repeat(fill) }, sha256), privateKey);
	return write(BLOB_BYTES - write(0).length);
}

/** Instructions of the two checks, each made once. */
async function countChecks(blob: Uint8Array): Promise<Record<"sha256" | "verify" | "stack", number>> {
	const { hashed, signature } = readContainer(blob);
	const bytes = blob.subarray(hashed.start, hashed.end);
	const length = Buffer.alloc(4);
	length.writeUInt32LE(bytes.length);
	const file = join(OUT, "identity.bin");
	writeFileSync(file, Buffer.concat([length, publicKey, signature!, signedBytes(blob), bytes]));
	const loader = `loader,file=${file},addr=0x80800000,force-raw=on`;
	const args = [...MACHINE, ...COUNTED, "-bios", "none", "-serial", "stdio", "-device", loader, "-kernel"];
	const { code, stdout, stderr } = await run(QEMU, [...args, join(OUT, "identity.elf")]);
	if (code !== 0) throw new Error(`identity.elf ended with code ${code}: ${stdout}${stderr}`);
	const lines = stdout.trim().split("\n");
	return Object.fromEntries(lines.map((line) => [line.split(" ")[0], Number(line.split(" ")[1])]));
}

/** Instructions from the start of the application to a running model, after its trial. */
async function countBoot(blob: Uint8Array, key?: Uint8Array): Promise<number> {
	const entry = projectPath("benchmarks/rv32/boot-app.ts");
	const program = await buildRv32({ entry, name: "boot", ...(key && { publicKey: key }) });
	const folder = mkdtempSync(join(OUT, "boot-"));
	const flashFile = join(folder, "flash.bin");
	try {
		const command = rv32Command(program, { flashFile });
		const file = openSync(flashFile, "r+");
		const sector = 256 * 1024; // of rv32's flash
		const image = slotImage(blob, readContainer(blob).identity, 1, sector);
		image.fill(0, Flag.CONFIRMED, Flag.CONFIRMED + 4);
		writeSync(file, image, 0, null, rv32Partitions[0]!.offset);
		closeSync(file);
		const device = new Simulator(command, (text) => {
			if (/^(on trial|confirmed|no model)/.test(text)) void device.kill();
		});
		await device.exited;
		const [standing, instructions] = device.log.at(-1)!.split(/ (?=\d)/);
		if (standing !== "confirmed") throw new Error(`the model does not run: ${device.log.join("; ")}`);
		return Number(instructions);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

await requireRv32Tools();
const { args } = await signedBuild(publicKey);
const made = await run("make", ["-s", "-C", projectPath("benchmarks/rv32"), ...args, "identity"]);
if (made.code !== 0) throw new Error(`the benchmark's program does not compile:\n${made.stderr}`);

const blob = signedModel();
const milliseconds = (instructions: number) => ((1000 * instructions) / HERTZ).toFixed(1);
const checks = await countChecks(blob);
print(`a blob of ${blob.length} bytes; milliseconds at 160 MHz and one instruction a cycle`);
print(
	table([
		["", "instructions", "ms"],
		["SHA-256", checks.sha256, milliseconds(checks.sha256)],
		["check of the signature", checks.verify, milliseconds(checks.verify)],
	]),
);
print(`stack of both: ${checks.stack} bytes`);

const objects = ["fe", "ge", "sc", "sha512", "verify", "essm-sha256"].map((name) => join(OUT, `${name}.o`));
const sizes = execFileSync("riscv64-unknown-elf-size", ["-A", ...objects], { encoding: "utf8" });
const total = (section: string) =>
	[...sizes.matchAll(new RegExp(`^\\.${section}\\S*\\s+(\\d+)`, "gm"))].reduce(
		(sum, [, n]) => sum + Number(n),
		0,
	);
print(
	`code ${total("text")} bytes, tables ${total("s?rodata")} bytes at -O2, before the linker drops what is not called`,
);

const unsigned = await countBoot(blob);
const signed = await countBoot(blob, publicKey);
const more = signed - unsigned + checks.sha256;
print(
	table([
		["start of the application to running model", "instructions", "ms"],
		["firmware without a key", unsigned, milliseconds(unsigned)],
		["firmware with a key, signed model", signed, milliseconds(signed)],
		["more than without SHA-256 and signature", more, milliseconds(more)],
	]),
);
if (Number(milliseconds(more)) > MOST_MILLISECONDS) {
	print(`that is over the ${MOST_MILLISECONDS} ms that are aimed at`);
	process.exitCode = 1;
} else print(`at most ${MOST_MILLISECONDS} ms are aimed at`);
