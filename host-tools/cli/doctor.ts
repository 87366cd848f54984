// edge-ssm doctor: what is installed, what is missing, how to get it.
import { Command } from "commander";
import { print, printJson, table } from "../terminal/output";
import { jsonOption } from "./options";

export function doctorCommand(): Command {
	return new Command("doctor")
		.description(
			"Looks for the tools that simulator, firmware and boards need, and for serial ports. Installs nothing, and exits with code 0 whatever is missing.",
		)
		.addOption(jsonOption())
		.addHelpText("after", "\nExample:\n  edge-ssm doctor")
		.action(run);
}

async function run({ json }: { json?: boolean }): Promise<void> {
	const { diagnose } = await import("../flashing/doctor");
	const findings = await diagnose();
	if (json) {
		printJson({ findings });
		return;
	}
	const rows = findings.map(({ what, purpose, found, detail, remedy }) => [
		found ? "ok" : "missing",
		what,
		purpose,
		[detail, remedy].filter(Boolean).join("; "),
	]);
	print(table([["", "what", "for", ""], ...rows]));
}
