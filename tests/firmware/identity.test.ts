// The identity of a model on the device: SHA-256 in C against Node's, and blobs that are well-formed but not the bytes that
// their identity names, refused when they arrive and when they lie in flash.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { DeviceClient } from "../../host-tools/device/client";
import { joinStreams } from "../../host-tools/device/transport";
import { parseBlob } from "../../host-tools/evaluation/model-file";
import { projectPath } from "../../host-tools/files/project";
import { buildHost } from "../../host-tools/simulator/build";
import { bundleApp } from "../../host-tools/simulator/bundle";
import { Simulator } from "../../host-tools/simulator/simulator";
import { defaultPartitions, hostCommand } from "../../host-tools/simulator/target";
import { fieldOffset } from "../../src/blob/codec";
import { readContainer } from "../../src/blob/container";
import { CRC_START, HEADER } from "../../src/blob/schema";
import { crc32 } from "../../src/bytes/crc32";
import { Status } from "../../src/link/commands";
import { slotImage } from "../../src/store/slot";
import { identityOf } from "../support/link-fakes";
import { provenBlob } from "../support/proven-blob";
import { runScript, temporaryFolder, variants } from "../support/xs-run";

describe.each(variants)("SHA-256 on XS, %s", (_name, sanitized) => {
	test("is Node's, for every length around the ends of blocks and at any place", async () => {
		const program = await buildHost({ sanitized });
		const { log, code } = await runScript(
			program,
			`import { sha256 } from "edge-ssm/identity";
			const bytes = Uint8Array.from({ length: 1100 }, (_, i) => (i * 167 + (i >> 3)) & 255);
			const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => (b < 16 ? "0" : "") + b.toString(16)).join("");
			export default function () {
				for (let length = 0; length <= 200; length++) log(hex(sha256(bytes, length % 7, length % 7 + length)));
				log(hex(sha256(bytes, 0, 1100)));
				log(hex(sha256(bytes.buffer, 100, 1100)));
				show(() => sha256(bytes, 0, 1101));
				show(() => sha256(bytes, 2, 1));
				show(() => sha256(bytes, -1, 1));
				show(() => sha256("text", 0, 1));
			}`,
		);
		const bytes = Uint8Array.from({ length: 1100 }, (_, i) => (i * 167 + (i >> 3)) & 255);
		const hash = (start: number, end: number) =>
			createHash("sha256").update(bytes.subarray(start, end)).digest("hex");
		expect(log.slice(0, 201)).toEqual(Array.from({ length: 201 }, (_, n) => hash(n % 7, (n % 7) + n)));
		expect(log.slice(201, 203)).toEqual([hash(0, 1100), hash(100, 1100)]);
		expect(log.slice(203)).toHaveLength(4);
		expect(log.slice(203).every((line) => /Error/.test(line))).toBe(true);
		expect(code).toBe(0);
	});
});

/** The CRC-32 made right again after a change of the bytes. */
function repaired(blob: Uint8Array): Uint8Array {
	new DataView(blob.buffer).setInt32(fieldOffset(HEADER, "crc"), crc32(blob, CRC_START), true);
	return blob;
}

const good = provenBlob(1);
const crafted: Record<string, [Uint8Array, RegExp]> = {
	"an identity of 0xaa": [
		repaired(provenBlob(2).fill(0xaa, fieldOffset(HEADER, "identity"), fieldOffset(HEADER, "identity") + 32)),
		/ESSM_E_IDENTITY: the identity is not the SHA-256/,
	],
	"a label changed after hashing": [
		(() => {
			const blob = provenBlob(2);
			blob[readContainer(blob).sections.labels.start]! ^= 1;
			return repaired(blob);
		})(),
		/ESSM_E_IDENTITY/,
	],
	"bytes after the end": [
		Uint8Array.from([...provenBlob(2), 1, 2, 3, 4]),
		/ESSM_E_LAYOUT: 4 bytes follow the blob's end/,
	],
};

describe("blobs that are not what their identity names", () => {
	let program: string;
	let app: string;
	beforeAll(async () => {
		program = await buildHost();
		app = await bundleApp(projectPath("firmware/app/main.ts"));
	});

	function powerOn(flashFile: string) {
		const simulator = new Simulator(hostCommand(program, { app, flashFile }));
		onTestFinished(() => void simulator.kill());
		return new DeviceClient({ stream: joinStreams(simulator), timeout: 5000 });
	}

	test.each(Object.keys(crafted))(
		"%s: refused by the tools, at the commit and at the start",
		async (name) => {
			const [blob, reason] = crafted[name]!;
			expect(() => parseBlob(blob, "crafted")).toThrow(reason);

			const client = powerOn(join(temporaryFolder(), "flash.bin"));
			await client.load(good, crc32(good), identityOf(good));
			const refusal = client.load(blob, crc32(blob), identityOf(blob));
			await expect(refusal).rejects.toMatchObject({
				status: Status.SELF_TEST,
				message: expect.stringMatching(reason),
			});
			expect((await client.info()).model!.identity).toEqual(identityOf(good));

			const flashFile = join(temporaryFolder(), "flash.bin");
			const flash = new Uint8Array(4 << 20).fill(0xff);
			flash.set(slotImage(good, identityOf(good), 1, 4096), defaultPartitions[0]!.offset);
			flash.set(slotImage(blob, identityOf(blob), 2, 4096), defaultPartitions[1]!.offset);
			writeFileSync(flashFile, flash);
			expect((await powerOn(flashFile).info()).model).toMatchObject({ slot: 0, identity: identityOf(good) });
		},
	);

	test("another identity in the slot's header than in the blob", async () => {
		const flashFile = join(temporaryFolder(), "flash.bin");
		const flash = new Uint8Array(4 << 20).fill(0xff);
		flash.set(slotImage(good, new Uint8Array(32).fill(0xaa), 1, 4096), defaultPartitions[0]!.offset);
		writeFileSync(flashFile, flash);
		await expect(powerOn(flashFile).selfTest()).rejects.toThrow(/model_a: ESSM_E_IDENTITY/);
	});
});
