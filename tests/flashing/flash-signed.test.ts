// `flash` and firmware with a public key, on XS behind a pseudo-terminal: what it would refuse is not sent, and the sentence says
// what to do.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { makeKey, readPrivateKey, readPublicKey, signBlob } from "../../host-tools/signing/keys";
import { buildHost } from "../../host-tools/simulator/build";
import { bundleApp } from "../../host-tools/simulator/bundle";
import { readPartition } from "../../host-tools/simulator/flash-file";
import { Simulator } from "../../host-tools/simulator/simulator";
import { hostCommand } from "../../host-tools/simulator/target";
import { buildCli, runCli } from "../support/cli-run";
import { provenBlob } from "../support/proven-blob";
import { keyFile } from "../support/signing-key";
import { until } from "../support/until";
import { temporaryFolder } from "../support/xs-run";

let cli: Awaited<ReturnType<typeof buildCli>>;
beforeAll(async () => {
	cli = await buildCli();
});
afterAll(() => cli.remove());

test("flash sends what the device takes, and says beforehand why it would not take the rest", async () => {
	const key = keyFile();
	const program = await buildHost({ publicKey: readPublicKey(key) });
	const app = await bundleApp(projectPath("firmware/app/main.ts"));
	const folder = temporaryFolder();
	const port = join(folder, "port");
	const flashFile = join(folder, "flash.bin");
	const simulator = new Simulator(hostCommand(program, { app, flashFile, serial: `pty:${port}` }));
	onTestFinished(() => void simulator.kill());
	await until(() => expect(existsSync(port)).toBe(true));

	const stranger = join(folder, "stranger.key");
	makeKey(stranger);
	const file = (name: string, blob: Uint8Array) => {
		writeFileSync(join(folder, name), blob);
		return join(folder, name);
	};
	const flash = (path: string) => runCli(cli.file, ["flash", path, "--port", port, "--json"]);
	const slots = () => ["model_a", "model_b"].map((name) => readPartition(flashFile, name).toString("hex"));
	const refused = async (path: string, sentence: RegExp) => {
		const before = slots();
		const { code, stdout, stderr } = await flash(path);
		expect(stderr).toMatch(sentence);
		expect([code, stdout]).toEqual([1, ""]);
		expect(slots()).toEqual(before);
	};

	const unsigned = file("unsigned.essm", provenBlob(1));
	await refused(
		unsigned,
		/^error: The model is not signed, .*by its key \(d75a980182b10ab7\.\.\.\); sign it with/m,
	);
	const forged = signBlob(provenBlob(1), readPrivateKey(stranger));
	await refused(file("forged.essm", forged), /^error: The model is signed by another key than the one/m);

	const sign = (version: string, output: string) =>
		runCli(cli.file, [
			"sign",
			unsigned,
			"--key",
			key,
			"--model-version",
			version,
			"-o",
			join(folder, output),
		]);
	expect(await sign("7", "seven.essm")).toMatchObject({
		code: 0,
		stdout: expect.stringMatching(/seven\.essm: signed, [\d,]+ bytes, model version 7$/m),
	});
	const seven = join(folder, "seven.essm");
	expect(JSON.parse((await flash(seven)).stdout)).toMatchObject({ via: "link", sequence: 1, already: false });
	await sign("6", "six.essm");
	await refused(
		join(folder, "six.essm"),
		/^error: The model states version 6, .* has run version 7 already; state that/m,
	);
	expect(JSON.parse((await flash(seven)).stdout)).toMatchObject({ already: true });
	expect((await sign("4294967296", "x.essm")).stderr).toMatch(/Expected a whole number from 0 to 4294967295/);
});
