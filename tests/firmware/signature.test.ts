// Signed models: keys and blobs from the tools, and firmware with a public key, which refuses what is not signed by its owner.
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { DeviceClient } from "../../host-tools/device/client";
import { joinStreams } from "../../host-tools/device/transport";
import { parseBlob } from "../../host-tools/evaluation/model-file";
import { projectPath } from "../../host-tools/files/project";
import { isSignedBy, makeKey, readPrivateKey, readPublicKey, signBlob } from "../../host-tools/signing/keys";
import { buildHost } from "../../host-tools/simulator/build";
import { bundleApp } from "../../host-tools/simulator/bundle";
import { buildRv32, rv32Command } from "../../host-tools/simulator/rv32";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { Simulator } from "../../host-tools/simulator/simulator";
import { type Command, defaultPartitions, hostCommand } from "../../host-tools/simulator/target";
import { readContainer } from "../../src/blob/container";
import { crc32 } from "../../src/bytes/crc32";
import { Status } from "../../src/link/commands";
import { slotImage } from "../../src/store/slot";
import { identityOf } from "../support/link-fakes";
import { provenBlob } from "../support/proven-blob";
import { keyFile, PEM } from "../support/signing-key";
import { temporaryFolder } from "../support/xs-run";

describe("keys and signed blobs", () => {
	test("a new key signs, its public key checks; neither file is replaced, and the private one is its owner's", () => {
		const path = join(temporaryFolder(), "release.key");
		makeKey(path);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		const before = readFileSync(path, "utf8");
		expect(() => makeKey(path)).toThrow(/already exists; keys are never overwritten/);
		expect(readFileSync(path, "utf8")).toBe(before);
		const publicKey = readPublicKey(`${path}.pub`);
		expect(publicKey).toEqual(readPublicKey(path));
		const blob = provenBlob(1);
		const signed = signBlob(blob, readPrivateKey(path), 7);
		expect(parseBlob(signed, "signed").network.version).toBe(7);
		expect(isSignedBy(signed, publicKey)).toBe(true);
		expect(isSignedBy(blob, publicKey)).toBe(false);
		expect(isSignedBy(signed, readPublicKey(keyFile()))).toBe(false);
		expect(signBlob(signed, readPrivateKey(path), 7)).toEqual(signed); // a signature takes the place of another
		expect(readContainer(signBlob(blob, readPrivateKey(path))).identity).toEqual(identityOf(blob));
	});

	test("a key that cannot be used is named, and nothing of its file is", () => {
		const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export({
			type: "pkcs8",
			format: "pem",
		});
		for (const pem of [`${rsa}`, PEM.replace("MC4", "MC5"), "9d61b19deffd5a60", ""]) {
			const path = keyFile(pem);
			const read = () => readPrivateKey(path);
			expect(read).toThrow(
				`${path} is not a readable private key for Ed25519; make one with "edge-ssm keygen".`,
			);
		}
		expect(() => readPublicKey("absent.pub")).toThrow(/absent.pub is not a readable public key/);
	});
});

const missing = await missingRv32Tools();
if (missing !== undefined) console.warn(`signatures on rv32 are left out: ${missing} not installed`);

const targets: Record<string, (publicKey: Uint8Array) => Promise<(flashFile: string) => Command>> = {
	host: async (publicKey) => {
		const program = await buildHost({ publicKey });
		const app = await bundleApp(projectPath("firmware/app/main.ts"));
		return (flashFile) => hostCommand(program, { app, flashFile });
	},
	rv32: async (publicKey) => {
		const program = await buildRv32({ publicKey });
		return (flashFile) => rv32Command(program, { flashFile });
	},
};

describe.each(Object.keys(targets))("firmware with a public key on %s", (target) => {
	test.skipIf(target === "rv32" && missing !== undefined)(
		"runs what is signed by it, and nothing else",
		async () => {
			const path = keyFile();
			const command = await targets[target]!(readPublicKey(path));
			const other = join(temporaryFolder(), "other.key");
			makeKey(other);
			const flashFile = join(temporaryFolder(), "flash.bin");
			const powerOn = (file = flashFile) => {
				const simulator = new Simulator(command(file));
				onTestFinished(() => void simulator.kill());
				return { simulator, client: new DeviceClient({ stream: joinStreams(simulator), timeout: 20_000 }) };
			};
			const load = (client: DeviceClient, blob: Uint8Array) =>
				client.load(blob, crc32(blob), identityOf(blob));

			const blob = provenBlob(1);
			const good = signBlob(blob, readPrivateKey(path));
			const forged = signBlob(blob, readPrivateKey(other));
			const { client, simulator } = powerOn();
			await expect(load(client, blob)).rejects.toMatchObject({
				status: Status.SELF_TEST,
				message: expect.stringMatching(/ESSM_E_SIGNATURE: the model is not signed/),
			});
			await expect(load(client, forged)).rejects.toThrow(
				/ESSM_E_SIGNATURE: the signature is not one of the key/,
			);
			expect((await client.info()).model).toBeUndefined();
			await load(client, good);
			await simulator.kill();
			const again = powerOn();
			const info = await again.client.info();
			expect(info).toMatchObject({ publicKey: readPublicKey(path), minimumVersion: 0 });
			expect(info.model!.identity).toEqual(identityOf(good));

			const numbered = (seed: number, version: number) =>
				signBlob(provenBlob(seed), readPrivateKey(path), version);
			const { sequence } = await load(again.client, numbered(2, 7));
			expect((await again.client.info()).minimumVersion).toBe(7);
			await expect(load(again.client, numbered(4, 6))).rejects.toMatchObject({
				status: Status.SELF_TEST,
				message: expect.stringMatching(/the model's version 6 is below 7, the highest that was confirmed/),
			});
			// nor is a forged header of a high version taken, with a signature of another key or with one of another header
			const high = signBlob(provenBlob(4), readPrivateKey(other), 99);
			const replayed = Uint8Array.from(high);
			replayed.set(numbered(2, 7).subarray(-64), high.length - 64);
			for (const blob of [high, replayed, provenBlob(4)])
				await expect(load(again.client, blob)).rejects.toMatchObject({
					status: Status.SELF_TEST,
					message: expect.stringMatching(/the model does not open: ESSM_E_SIGNATURE: the /),
				});
			// they have overwritten nothing: there still is a model to go back to
			await again.client.rollback(sequence);
			await again.simulator.kill();
			const back = powerOn().client;
			expect(await back.info()).toMatchObject({ minimumVersion: 7, model: { identity: identityOf(good) } });
			await expect(load(back, numbered(3, 6))).rejects.toThrow(
				/the model's version 6 is below 7, the highest that was confirmed/,
			);
			await load(back, numbered(3, 7));

			if (target !== "host") return;
			const tampered = join(temporaryFolder(), "flash.bin");
			const flash = new Uint8Array(4 << 20).fill(0xff);
			flash.set(slotImage(forged, identityOf(forged), 1, 4096), defaultPartitions[0]!.offset);
			writeFileSync(tampered, flash);
			await expect(powerOn(tampered).client.selfTest()).rejects.toThrow(/model_a: ESSM_E_SIGNATURE/);
		},
	);
});
