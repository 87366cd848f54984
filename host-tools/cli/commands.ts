// The commands by name, in the order of the help. Each is loaded when it is asked for: to read the files of all of them takes longer
// than anything else that --help does.
import { Command } from "commander";

interface Entry {
	name: string;
	/** What follows the name, as the command's own help says. */
	usage: string;
	summary: string;
	load: () => Promise<Command>;
}

export const COMMANDS: readonly Entry[] = [
	{
		name: "demo",
		usage: "",
		summary: "the entire flow on built-in data (npm start)",
		load: async () => (await import("./demo")).demoCommand(),
	},
	{
		name: "dataset",
		usage: "[options] <name>",
		summary: "fetch a public data set, or compute one",
		load: async () => (await import("./dataset")).datasetCommand(),
	},
	{
		name: "record",
		usage: "[options]",
		summary: "record labelled clips from a board's sensor",
		load: async () => (await import("./record")).recordCommand(),
	},
	{
		name: "window",
		usage: "[options] <recordings...>",
		summary: "cut recordings into windows for training",
		load: async () => (await import("./window")).windowCommand(),
	},
	{
		name: "data",
		usage: "[options] <source>",
		summary: "show statistics of a data set and what looks wrong",
		load: async () => (await import("./data")).dataCommand(),
	},
	{
		name: "train",
		usage: "[options]",
		summary: "train a float checkpoint, or a blob through the quantizer",
		load: async () => (await import("./train")).trainCommand(),
	},
	{
		name: "quantize",
		usage: "[options] <checkpoint>",
		summary: "quantize a float checkpoint into a blob",
		load: async () => (await import("./quantize")).quantizeCommand(),
	},
	{
		name: "keygen",
		usage: "[options]",
		summary: "create a key for signing models",
		load: async () => (await import("./sign")).keygenCommand(),
	},
	{
		name: "sign",
		usage: "[options] <model>",
		summary: "sign a blob",
		load: async () => (await import("./sign")).signCommand(),
	},
	{
		name: "inspect",
		usage: "[options] <model>",
		summary: "show the content of a blob or a float checkpoint",
		load: async () => (await import("./inspect")).inspectCommand(),
	},
	{
		name: "evaluate",
		usage: "[options] <model>",
		summary: "measure a model's accuracy on a data set",
		load: async () => (await import("./evaluate")).evaluateCommand(),
	},
	{
		name: "simulate",
		usage: "[options] <model>",
		summary: "run a blob in the firmware on XS",
		load: async () => (await import("./simulate")).simulateCommand(),
	},
	{
		name: "sensitivity",
		usage: "[options] <checkpoint>",
		summary: "measure the loss of each component at each width",
		load: async () => (await import("./sensitivity")).sensitivityCommand(),
	},
	{
		name: "search",
		usage: "[options] <checkpoint>",
		summary: "choose the precision of every component under limits",
		load: async () => (await import("./search")).searchCommand(),
	},
	{
		name: "report",
		usage: "[options] <model>",
		summary: "write a page about a blob and its search",
		load: async () => (await import("./report")).reportCommand(),
	},
	{
		name: "doctor",
		usage: "[options]",
		summary: "show what is installed, and how to get what is missing",
		load: async () => (await import("./doctor")).doctorCommand(),
	},
	{
		name: "firmware",
		usage: "[options]",
		summary: "build the firmware for a board",
		load: async () => (await import("./firmware")).firmwareCommand(),
	},
	{
		name: "board",
		usage: "[options] [model]",
		summary: "a simulated board on a pseudo-terminal",
		load: async () => (await import("./board")).boardCommand(),
	},
	{
		name: "flash",
		usage: "[options] [model]",
		summary: "write a model or firmware to a board",
		load: async () => (await import("./flash")).flashCommand(),
	},
	{
		name: "measure",
		usage: "[options] [model]",
		summary: "memory and time on a device, next to the prediction",
		load: async () => (await import("./measure")).measureCommand(),
	},
	{
		name: "monitor",
		usage: "[options]",
		summary: "show a board's results, log and rate",
		load: async () => (await import("./monitor")).monitorCommand(),
	},
];

/** Gives `program` the command that the arguments ask for; where they name none, all of them as far as help shows them. */
export async function addCommands(program: Command, args: readonly string[]): Promise<void> {
	const [first, second] = args.filter((arg) => !arg.startsWith("-"));
	const asked = COMMANDS.find(({ name }) => name === (first === "help" ? second : first));
	if (asked) program.addCommand(await asked.load());
	else for (const { name, summary } of COMMANDS) program.addCommand(new Command(name).summary(summary));
	program.configureHelp({
		subcommandTerm: (command) => {
			const usage = COMMANDS.find(({ name }) => name === command.name())?.usage ?? "[command]";
			return `${command.name()} ${usage}`.trim();
		},
	});
}
