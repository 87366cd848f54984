// The command line: commands and error handling. A user error is a sentence and exit code 1; a bug is a stack trace and exit
// code 70 (EX_SOFTWARE).
import { inspect } from "node:util";
import { Command } from "commander";
import { VERSION } from "../files/project";
import { refusal, UserError } from "../terminal/errors";
import { say } from "../terminal/output";
import { addCommands } from "./commands";

const program = new Command("edge-ssm")
	.description(
		"Puts small state-space sequence classifiers on microcontrollers that run JavaScript: integers only, measured.",
	)
	.version(VERSION);

// Writing to a closed pipe, such as head, is not a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code === "EPIPE") process.exit(0);
	say(`error: The results cannot be printed: ${error.message}.`);
	process.exit(1);
});

try {
	await addCommands(program, process.argv.slice(2));
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
