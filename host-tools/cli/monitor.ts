// edge-ssm monitor: shows a board's results and log as they arrive.
import { Command, Option } from "commander";
import { StreamSource } from "../../src/link/commands";
import type { OutputMeaning } from "../../src/link/server";
import type { ResultEvent } from "../device/client";
import { describeResult } from "../device/result-text";
import { UserError } from "../terminal/errors";
import { heading, print, printJson, say } from "../terminal/output";
import { whole } from "./options";

interface Options {
	port: string;
	window: number;
	hop: number;
	count: number;
	json?: boolean;
}

export function monitorCommand(): Command {
	return new Command("monitor")
		.description(
			"Prints the board's results on its sensor stream (labels, values with units, or alarms with scores), with the sample rate, interleaved with its log. Ctrl-C ends it and leaves the stream as it was.",
		)
		.requiredOption("--port <path>", "serial port, such as /dev/ttyUSB0")
		.addOption(
			new Option("--window <steps>", "steps after which the network restarts")
				.argParser(whole(1))
				.default(0, "the model's own"),
		)
		.addOption(
			new Option("--hop <steps>", "steps between results").argParser(whole(1)).default(0, "the model's own"),
		)
		.addOption(new Option("--count <n>", "end after n results").argParser(whole(1)).default(0, "never"))
		.option("--json", "print one JSON object on each line")
		.addHelpText("after", "\nExample:\n  edge-ssm monitor --port /dev/ttyUSB0 --hop 25")
		.action(run);
}

/** Results and steps per second since the first result. */
class Rate {
	#first: { time: number; step: number } | undefined;
	#results = 0;

	add(step: number): { results: number; steps: number } | undefined {
		const time = performance.now() / 1000;
		const first = (this.#first ??= { time, step });
		const seconds = time - first.time;
		if (seconds <= 0) return undefined;
		this.#results++;
		return { results: this.#results / seconds, steps: (step - first.step) / seconds };
	}
}

async function run({ port: path, window, hop, count, json }: Options): Promise<void> {
	const { DeviceError } = await import("../device/exchange");
	const { firmwareInfo, withLink } = await import("../flashing/choose");
	const { vanished } = await import("../flashing/esptool");
	const rate = new Rate();
	let labels: string[] = [];
	let meaning: OutputMeaning | undefined;
	let results = 0;
	let lost = 0;
	let finish = () => {};
	const finished = new Promise<void>((resolve) => {
		finish = resolve;
	});

	const onResult = (event: ResultEvent) => {
		if (!meaning) return; // it came before the board could say what it means
		const { step } = event;
		const { text, fields } = describeResult(event, labels, meaning);
		const now = rate.add(step);
		lost += event.lost;
		if (json) printJson({ ...fields, step, lost: event.lost, rate: now });
		else
			print(
				`step ${step}  ${text}${now ? `  ${now.steps.toFixed(1)} steps/s` : ""}${event.lost ? `  (${event.lost} results lost before)` : ""}`,
			);
		if (++results === count) finish();
	};
	const onLog = (line: string) => {
		if (json) printJson({ type: "log", line });
		else print(`log: ${line}`);
	};

	process.once("SIGINT", finish);
	await withLink(
		path,
		async (client, port) => {
			const info = await firmwareInfo(client);
			if (info === undefined)
				throw new UserError(
					`No edge-ssm firmware answers on ${path}; flash it (edge-ssm flash --firmware), or check port and cable.`,
				);
			if (!json) print(heading(`${info.firmware} on ${info.target}`));
			await client.logging(true);
			// A board with a sensor streams from boot; it is told to only when other settings are wanted.
			const asked = window > 0 || hop > 0;
			let told = false;
			if (info.model) {
				labels = await client.labels(info.model.outputs);
				meaning = await client.meaning(info.model.outputs);
				if (info.streaming === StreamSource.OFF || asked) {
					try {
						await client.stream("SENSOR", { window, hop });
						told = true;
					} catch (error) {
						if (!(error instanceof DeviceError)) throw error;
						say(`no results, only the log: ${error.message}`);
					}
				}
			} else say("no results, only the log: the board has no model");
			const gone = new Promise<never>((_, reject) => port.once("close", () => reject(vanished(path))));
			await Promise.race([finished, gone]);
			gone.catch(() => {}); // from here on a closed port is no error
			if (told) await client.stream(info.streaming === StreamSource.OFF ? "OFF" : "SENSOR");
			await client.logging(false);
		},
		{ onResult, onLog },
	);
	process.removeListener("SIGINT", finish);
	if (!json) say(`${results} results${lost ? `, ${lost} lost` : ""}`);
}
