// edge-ssm keygen, edge-ssm sign: keys, and blobs signed with them.
import { Command } from "commander";
import { readContainer } from "../../src/blob/container";
import { readBlobFile } from "../evaluation/model-file";
import { checkWritable, writeWhole } from "../files/write";
import { makeKey, readPrivateKey, signBlob } from "../signing/keys";
import { grouped, print } from "../terminal/output";
import { modelVersion } from "./options";

interface SignOptions {
	key: string;
	modelVersion?: number;
	output: string;
}

export function keygenCommand(): Command {
	return new Command("keygen")
		.description(
			"Writes a new private key (Ed25519) and, as FILE.pub, its public key, to build firmware with. Keep the private key secret: it is not encrypted.",
		)
		.requiredOption("-o, --output <file>", "file of the private key; must not exist")
		.addHelpText("after", "\nExample:\n  edge-ssm keygen -o release.key")
		.action(({ output }: { output: string }) => {
			checkWritable(output);
			makeKey(output);
			print(`${output}: the private key, for edge-ssm sign; ${output}.pub: the public key, for firmware`);
		});
}

export function signCommand(): Command {
	return new Command("sign")
		.description(
			"Writes a blob with an Ed25519 signature of its identity and version, replacing any existing one.",
		)
		.argument("<model>", "blob (.essm)")
		.requiredOption("--key <file>", "private key, from edge-ssm keygen")
		.option("--model-version <n>", "version to state; default: the one that it has", modelVersion)
		.requiredOption("-o, --output <file>", "blob to write")
		.addHelpText(
			"after",
			"\nExample:\n  edge-ssm sign motion.essm --key release.key --model-version 7 -o signed.essm",
		)
		.action((path: string, { key, modelVersion: version, output }: SignOptions) => {
			checkWritable(output, key);
			const signed = signBlob(readBlobFile(path).bytes, readPrivateKey(key), version);
			writeWhole(output, signed);
			const { version: stated } = readContainer(signed);
			print(`${output}: signed, ${grouped(signed.length)} bytes, model version ${stated}`);
		});
}
