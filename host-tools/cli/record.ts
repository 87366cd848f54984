// edge-ssm record: labelled clips from a board's sensor, over the link.
import { Command } from "commander";
import { ClipFolder, checkLabel, longestGap } from "../recorder/clips";
import { Session } from "../recorder/session";
import { GAP } from "../recordings/times";
import { UserError } from "../terminal/errors";
import { grouped, print, printJson, say } from "../terminal/output";
import { Progress } from "../terminal/progress";
import { above, jsonOption, list, whole } from "./options";

interface Options {
	port: string;
	labels: string[];
	output: string;
	rate: number;
	length: number;
	count: number;
	countdown: number;
	trigger?: number;
	channels: string[];
	ranges: number[];
	json?: boolean;
}

/** The sensor of the boards in docs/DEVICE.md, an MPU-6050 at +-8 g and +-1000 degrees per second. */
const CHANNELS = [
	...["x", "y", "z"].map((axis) => `acc ${axis} (m/s2)`),
	...["x", "y", "z"].map((axis) => `gyro ${axis} (rad/s)`),
];
const RANGES = [80, 80, 80, 18, 18, 18];

const numbers = (text: string) => list(text).map((item) => above(0, 1e9)(item));

export function recordCommand(): Command {
	return new Command("record")
		.description(
			"Records clips of a board's sensor, label by label, each after a countdown or on movement, into a folder for `train --data`. Keys: u undoes the last clip, q quits. Existing clips count, so repeating the command continues.",
		)
		.requiredOption("--port <path>", "serial port, such as /dev/ttyUSB0")
		.requiredOption("--labels <list>", "such as wave,circle,rest", list)
		.requiredOption("-o, --output <folder>", "folder to write to, one subfolder per label")
		.option("--rate <hz>", "samples per second", above(0, 10_000), 50)
		.option("--length <seconds>", "length of a clip", above(0, 3600), 2)
		.option("--count <n>", "clips per label, existing ones included", whole(1, 100_000), 10)
		.option("--countdown <seconds>", "before each clip", above(0, 600), 3)
		.option(
			"--trigger <times>",
			"start when the signal moves this many times more than at rest, instead of a countdown",
			above(1, 1e6),
		)
		.option("--channels <list>", "names and units of the sensor's channels", list, CHANNELS)
		.option("--ranges <list>", "full-scale value of each channel, in its unit", numbers, RANGES)
		.addOption(jsonOption())
		.addHelpText(
			"after",
			"\nExample:\n  edge-ssm record --port /dev/ttyUSB0 --labels wave,circle,rest -o gestures",
		)
		.action(run);
}

const BARS = "▁▂▃▄▅▆▇█";

/** Movement in each of the latest events, as a line of bars. */
class Trace {
	#spreads: number[] = [];

	add(samples: Int16Array, channels: number): void {
		let spread = 0;
		for (let c = 0; c < channels; c++) {
			const values = samples.filter((_, i) => i % channels === c);
			spread = Math.max(spread, Math.max(...values) - Math.min(...values));
		}
		this.#spreads = [...this.#spreads, spread].slice(-24);
	}

	get text(): string {
		const most = Math.max(1, ...this.#spreads);
		return this.#spreads.map((spread) => BARS[Math.floor((7 * spread) / most)]!).join("");
	}
}

/** Keys on a terminal; without one, none. */
function onKeys(press: (key: string) => void): () => void {
	const { stdin } = process;
	if (!stdin.isTTY) return () => {};
	const take = (bytes: Buffer) => press(bytes.toString());
	stdin.setRawMode(true).resume().on("data", take);
	return () => {
		stdin.off("data", take).setRawMode(false).pause();
	};
}

async function run(options: Options): Promise<void> {
	const { port: path, labels, output, rate, channels, ranges, json } = options;
	labels.forEach(checkLabel);
	if (new Set(labels).size < labels.length) throw new UserError("--labels contains a label twice.");
	if (ranges.length !== channels.length)
		throw new UserError(
			`--ranges has ${ranges.length} values for ${channels.length} channels; give one for each.`,
		);
	const { firmwareInfo, withLink } = await import("../flashing/choose");
	const { vanished } = await import("../flashing/esptool");
	const folder = new ClipFolder(output, channels, rate);
	let finish = () => {};
	const finished = new Promise<void>((resolve) => {
		finish = resolve;
	});
	let failure: unknown;
	let progress: Progress | undefined;
	const trace = new Trace();
	const scales = ranges.map((range) => range / 32_767);
	const session = new Session({
		...{ labels, wanted: options.count, channels: channels.length, scales, trigger: options.trigger },
		length: Math.max(2, Math.round(options.length * rate)),
		countdown: Math.max(1, Math.round(options.countdown * rate)),
		count: (label) => folder.count(label),
		onClip: (clip) => {
			progress?.done();
			progress = undefined;
			// A data set takes no sequence with a gap: the label has its turn again.
			const gap = longestGap(clip);
			if (gap > GAP)
				say(`${gap - 1} steps were lost in the clip; it is in ${folder.keepUnfinished(clip)}, once more`);
			else {
				const file = folder.add(clip);
				if (!json) print(file);
			}
		},
	});
	const show = () => {
		const { state } = session;
		if (state.kind === "done") return finish();
		progress ??= new Progress(`${state.label}, clip ${folder.count(state.label) + 1} of ${options.count}`);
		const now = {
			countdown: () => [0, `in ${Math.ceil((state as { steps: number }).steps / rate)} s`] as const,
			waiting: () => [0, "waiting for a movement"] as const,
			recording: () =>
				[(state as { steps: number }).steps / (state as { of: number }).of, "recording"] as const,
		}[state.kind]();
		progress.update(now[0], `${now[1]} ${trace.text}`);
	};
	const guarded = (work: () => void) => {
		try {
			work();
		} catch (error) {
			failure = error;
			finish();
		}
	};
	const releaseKeys = onKeys((key) =>
		guarded(() => {
			if (key === "q" || key === "\u0003") finish();
			if (key !== "u") return;
			const label = folder.undo();
			progress?.done();
			progress = undefined;
			say(label === undefined ? "no clip of this session to undo" : `undid the last clip of ${label}`);
			session.restart();
		}),
	);
	process.once("SIGINT", finish);
	try {
		await withLink(
			path,
			async (client, port) => {
				if ((await firmwareInfo(client)) === undefined)
					throw new UserError(
						`No edge-ssm firmware answers on ${path}; flash it (edge-ssm flash --firmware), or check port and cable.`,
					);
				show();
				if (session.state.kind === "done") return;
				const gone = new Promise<never>((_, reject) => port.once("close", () => reject(vanished(path))));
				gone.catch(() => {});
				await client.record(rate, scales);
				await Promise.race([finished, gone]);
				await client.record(0);
			},
			{
				onRecorded: ({ step, samples }) =>
					guarded(() => {
						if (failure !== undefined) return;
						trace.add(samples, channels.length);
						session.take(step, samples);
						show();
					}),
			},
		);
	} finally {
		process.removeListener("SIGINT", finish);
		releaseKeys();
		progress?.done();
		const kept = session.unfinished && folder.keepUnfinished(session.unfinished);
		if (kept !== undefined) say(`the clip that was being recorded is in ${kept}`);
		folder.close();
	}
	if (failure !== undefined) throw failure;
	const counts = Object.fromEntries(labels.map((label) => [label, folder.count(label)]));
	if (json) printJson({ output, counts, lost: session.lost, clipped: session.clipped });
	else {
		print(`${output}: ${labels.map((label) => `${counts[label]} of ${label}`).join(", ")}`);
		if (session.lost)
			say(`${grouped(session.lost)} steps were lost in transit; clips with gaps show them in their times`);
		if (session.clipped)
			say(`${grouped(session.clipped)} steps were clipped; give larger --ranges or move less`);
	}
}
