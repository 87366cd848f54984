// edge-ssm firmware: builds what goes into a board's flash.
import { Command, Option } from "commander";
import { type Board, boards, buildFirmware } from "../device/build-firmware";
import { readPublicKey } from "../signing/keys";
import { UserError } from "../terminal/errors";
import { grouped, print, say } from "../terminal/output";

/** The ESP32-C3 without SDK. */
const BARE = "esp32c3-bare";

interface Options {
	board: Board | typeof BARE;
	key?: string;
	debug?: boolean;
	output?: string;
	verbose?: boolean;
}

export function firmwareCommand(): Command {
	return new Command("firmware")
		.description(
			"Builds the firmware with the Moddable SDK (mcconfig), or for the ESP32-C3 without it (esp32c3-bare, with a RISC-V compiler). Models are not included: flash them separately.",
		)
		.addOption(new Option("--board <name>", "which board").choices([...boards, BARE]).default("esp32"))
		.option("--key <file>", "public key, from edge-ssm keygen: it runs models signed by it only")
		.option("--debug", "for Moddable's debugger, xsbug, which then uses the port")
		.option("--output <folder>", "folder for what is built; default: build/firmware")
		.option("--verbose", "print what mcconfig prints")
		.addHelpText(
			"after",
			"\nExamples:\n  edge-ssm firmware --board esp32c3\n  edge-ssm firmware --board esp32c3-bare",
		)
		.action(run);
}

async function run({ board, key, debug, output, verbose }: Options): Promise<void> {
	const publicKey = key === undefined ? undefined : readPublicKey(key);
	if (board === BARE) {
		if (debug) throw new UserError("Moddable's debugger needs the SDK: leave --debug out, or build esp32c3.");
		const { writeDirectBoot } = await import("../flashing/direct-boot");
		const { file, bytes } = await writeDirectBoot(output, publicKey);
		print(`${file}: ${grouped(bytes)} bytes of flash from 0x0 on; licences beside it`);
		return;
	}
	const { folder, files, warnings } = await buildFirmware({
		board,
		...(publicKey && { publicKey }),
		...(debug && { debug }),
		...(output === undefined ? {} : { output }),
		...(verbose && { onLine: say }),
	});
	for (const warning of warnings) say(warning);
	print(`${folder}: ${files.join(", ")}`);
}
