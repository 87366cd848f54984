// The list of commands, which help prints without loading them, says what the commands say.
import { Command } from "commander";
import { expect, test } from "vitest";
import { addCommands, COMMANDS } from "../../host-tools/cli/commands";

test.each(COMMANDS)("$name: the list's name and usage are the command's", async ({ name, usage, load }) => {
	const command = await load();
	const terms = command.registeredArguments.map((argument) => {
		const shown = `${argument.name()}${argument.variadic ? "..." : ""}`;
		return argument.required ? `<${shown}>` : `[${shown}]`;
	});
	expect(command.name()).toBe(name);
	expect(usage).toBe([...(command.options.length ? ["[options]"] : []), ...terms].join(" "));
});

async function helpOf(...args: string[]): Promise<string> {
	const program = new Command("edge-ssm").exitOverride();
	let text = "";
	program.configureOutput({ writeOut: (part) => (text += part), writeErr: (part) => (text += part) });
	await addCommands(program, args);
	await program.parseAsync(args, { from: "user" }).catch(() => undefined);
	return text;
}

test("help lists every command; the help of one is its own; an unknown one gets the nearest named", async () => {
	const all = await helpOf("--help");
	for (const { name, usage, summary } of COMMANDS) {
		expect(all).toContain(`  ${name} ${usage}`.trimEnd());
		expect(all.replaceAll(/\s+/g, " ")).toContain(summary);
	}
	for (const args of [
		["inspect", "--help"],
		["help", "inspect"],
		["--help", "inspect"],
	]) {
		const program = new Command("edge-ssm");
		await addCommands(program, args);
		expect(program.commands.map((command) => [command.name(), command.usage()])).toEqual([
			["inspect", "[options] <model>"],
		]);
	}
	expect(await helpOf("insect")).toMatch(/unknown command 'insect'[\s\S]*Did you mean inspect/);
});
