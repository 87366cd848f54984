// edge-ssm train --auto: chooses shape, widths and training under a budget, unattended. Prints what it did and why, and writes
// that next to the blob.
import { type Automatic, automatic } from "../automatic/automatic";
import type { Budget } from "../automatic/contenders";
import { exportCheckpoint } from "../checkpoints/export";
import { openDataset } from "../datasets/open";
import { defaultThreads } from "../evaluation/pool";
import { checkWritable, writeWhole } from "../files/write";
import { classify } from "../task/classify";
import { UserError } from "../terminal/errors";
import { grouped, print, printJson } from "../terminal/output";
import { Progress } from "../terminal/progress";
import type { TrainInput } from "../training/settings";
import { warnOfLabels } from "./label-warnings";
import { thresholdTable } from "./thresholds";

export interface AutoOptions extends Budget {
	data: string;
	hz?: number | undefined;
	output: string;
	json?: boolean | undefined;
	background?: string[] | undefined;
	falseAlarms?: number | undefined;
	/** Settings given as flags. */
	given: TrainInput;
}

/** Settings that --auto chooses itself. */
const OWN = [
	"heads",
	"modes",
	"layers",
	"quantize",
	"bits",
	"validationFraction",
	"epochs",
	"floatEpochs",
] as const;

/** Runs with a live line on stderr; Ctrl-C ends it and writes nothing. */
async function runShown(options: AutoOptions): Promise<Automatic> {
	const { data, hz, given, flash, ram, instructions, json, background, falseAlarms } = options;
	const stop = new AbortController();
	const abort = () => stop.abort();
	process.once("SIGINT", abort);
	const shown: { stage: string; progress?: Progress | undefined } = { stage: "" };
	const show = (stage: string) => {
		shown.progress?.done();
		Object.assign(shown, { stage, progress: stage ? new Progress(stage) : undefined });
	};
	try {
		const training = await openDataset(data, "train", { rate: hz });
		if (!json) warnOfLabels(data, training);
		return await automatic({
			data: training,
			budget: { flash, ram, instructions },
			...{ background, falseAlarms },
			given,
			threads: given.threads ?? defaultThreads(),
			signal: stop.signal,
			onLog: (sentence) => {
				show("");
				if (!json) print(sentence);
			},
			onProgress: (name, done) => {
				if (name !== shown.stage) show(name);
				shown.progress!.update(done);
			},
		});
	} finally {
		process.removeListener("SIGINT", abort);
		show("");
	}
}

export async function runAuto(options: AutoOptions): Promise<void> {
	const { output, given, json } = options;
	if (!output.endsWith(".essm"))
		throw new UserError("--auto writes a blob: give its name, such as -o gesture.essm.");
	const own = OWN.find((name) => given[name] !== undefined);
	if (own !== undefined)
		throw new UserError(`--auto chooses ${own} itself; leave it out, or train without --auto.`);
	const beside = (extension: string) => output.replace(/\.essm$/, extension);
	for (const path of [output, beside(".safetensors"), beside(".auto.json")])
		checkWritable(path, options.data);
	const { model, blob, chosen, how, sure, judged, log } = await runShown(options);
	exportCheckpoint(model, beside(".safetensors"));
	writeWhole(output, blob);
	const { flash, ram, instructions } = options;
	const record = {
		output,
		bytes: blob.length,
		budget: { flash, ram, instructions },
		chosen,
		how,
		...(sure && { stream: sure }),
		judged,
		log,
	};
	writeWhole(beside(".auto.json"), Buffer.from(`${JSON.stringify(record, null, "\t")}\n`));
	if (json) printJson(record);
	else {
		const metrics = chosen[how]!;
		print(
			classify.headline(
				metrics,
				`${grouped(metrics.count)} held-out sequences, judged with networks of this kind,`,
			),
		);
		print(classify.table(metrics, model.labels));
		if (sure) print(thresholdTable(sure));
		print(
			`${output}: ${grouped(blob.length)} bytes, ${grouped(chosen.ram)} of RAM, about ${grouped(chosen.instructions)} instructions per step; reasons are in ${beside(".auto.json")}`,
		);
	}
}
