// The command line: commands and error handling. A user error is a sentence and exit code 1; a bug is a stack trace and exit
// code 70 (EX_SOFTWARE).
import { inspect } from "node:util";
import { Command } from "commander";
import { firmwareCommand } from "../device/build-firmware";
import { VERSION } from "../files/project";
import { refusal, UserError } from "../terminal/errors";
import { say } from "../terminal/output";
import { boardCommand } from "./board";
import { dataCommand } from "./data";
import { datasetCommand } from "./dataset";
import { demoCommand } from "./demo";
import { doctorCommand } from "./doctor";
import { evaluateCommand } from "./evaluate";
import { flashCommand } from "./flash";
import { inspectCommand } from "./inspect";
import { measureCommand } from "./measure";
import { monitorCommand } from "./monitor";
import { quantizeCommand } from "./quantize";
import { recordCommand } from "./record";
import { reportCommand } from "./report";
import { searchCommand } from "./search";
import { sensitivityCommand } from "./sensitivity";
import { keygenCommand, signCommand } from "./sign";
import { simulateCommand } from "./simulate";
import { trainCommand } from "./train";
import { windowCommand } from "./window";

const program = new Command("edge-ssm")
	.description(
		"Puts small state-space sequence classifiers on microcontrollers that run JavaScript: integers only, measured.",
	)
	.version(VERSION)
	.addCommand(demoCommand())
	.addCommand(datasetCommand())
	.addCommand(recordCommand())
	.addCommand(windowCommand())
	.addCommand(dataCommand())
	.addCommand(trainCommand())
	.addCommand(quantizeCommand())
	.addCommand(keygenCommand())
	.addCommand(signCommand())
	.addCommand(inspectCommand())
	.addCommand(evaluateCommand())
	.addCommand(simulateCommand())
	.addCommand(sensitivityCommand())
	.addCommand(searchCommand())
	.addCommand(reportCommand())
	.addCommand(doctorCommand())
	.addCommand(firmwareCommand())
	.addCommand(boardCommand())
	.addCommand(flashCommand())
	.addCommand(measureCommand())
	.addCommand(monitorCommand());

// Writing to a closed pipe, such as head, is not a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code === "EPIPE") process.exit(0);
	throw error;
});

try {
	await program.parseAsync();
} catch (error) {
	const message = error instanceof UserError ? error.message : refusal(error);
	if (message !== undefined) {
		// Lines after the first are indented, so that no text in them looks like our own.
		say(`error: ${message.replaceAll("\n", "\n  ")}`);
		process.exitCode = 1;
	} else {
		say(inspect(error));
		say("This is a defect of edge-ssm; please report it with the lines above.");
		process.exitCode = 70;
	}
}
