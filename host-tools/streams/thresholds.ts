// How sure a network must be of each label before it is reported: from what it says of sequences that it was not trained on, so that few of
// those that are something else are taken for it. Background is never reported.
import { createHash } from "node:crypto";
import { SECTION, STREAM } from "../../src/blob/schema";
import { writeBlob } from "../../src/blob/write";
import { headerBytes } from "../../src/network/layout";
import type { Network } from "../../src/network/network";
import { BACKGROUND, type Reporting } from "../../src/network/stream";
import { type Dataset, sequence } from "../datasets/dataset";
import { targetKind } from "../datasets/targets";
import { Kernel } from "../kernel/kernel";
import { toSamples } from "../quantization/network";
import { UserError } from "../terminal/errors";

/** Of the sequences of others, where nobody says it. */
export const FALSE_ALARMS = 0.01;

/** What a network says of a sequence. */
export interface Answer {
	/** Number of the label that it has, and of the one that it is taken for. */
	is: number;
	taken: number;
	/** Difference of the two largest outputs, a real number. */
	margin: number;
}

/** Of one label. */
export interface LabelThreshold {
	label: string;
	background: boolean;
	/** Reported above it; null: always. */
	margin: number | null;
	/** Sequences of the label, and those that are taken for it and reported. */
	own: number;
	kept: number;
	/** Sequences of others, and those that are reported as it. */
	others: number;
	falseAlarms: number;
}

/** Outputs are integers in units of 2^-fraction. */
const unitOf = ({ head }: Network) => ("fraction" in head ? 2 ** -head.fraction : 1);

/** What the kernel says of each row. */
export function answersOf(blob: Uint8Array, network: Network, rows: Dataset): Answer[] {
	const kernel = new Kernel(blob);
	const strata = targetKind(rows.targets).strata(rows.targets);
	return Array.from({ length: rows.count }, (_, row) => {
		kernel.reset();
		kernel.write(toSamples(network.input, sequence(rows, row)));
		const outputs = kernel.outputs();
		let taken = 0;
		for (let k = 1; k < outputs.length; k++) if (outputs[k]! > outputs[taken]!) taken = k;
		const second = Math.max(...outputs.filter((_, k) => k !== taken));
		return { is: strata[row]!, taken, margin: unitOf(network) * (outputs[taken]! - second) };
	});
}

/**
 * The lowest margins at which at most `falseAlarms` of the sequences of other labels are reported as each label.
 * @throws UserError when the sequences are too few to tell
 */
export function labelThresholds(
	answers: readonly Answer[],
	labels: readonly string[],
	background: readonly string[],
	falseAlarms: number,
): LabelThreshold[] {
	return labels.map((label, k) => {
		const own = answers.filter(({ is }) => is === k);
		const others = answers.filter(({ is }) => is !== k);
		const none = background.includes(label);
		if (!none && others.length * falseAlarms < 1)
			throw new UserError(
				`${others.length} held-out sequences that are not ${label} cannot tell a rate of false alarms of ${falseAlarms}; ${Math.ceil(1 / falseAlarms)} are the fewest: hold more out, or allow more (--false-alarms).`,
			);
		const wrong = others.filter(({ taken }) => taken === k).map(({ margin }) => margin);
		wrong.sort((a, b) => b - a);
		const margin = wrong[Math.floor(falseAlarms * others.length)] ?? null;
		const reported = ({ taken, margin: sure }: Answer) =>
			!none && taken === k && (margin === null || sure > margin);
		return {
			...{ label, background: none, margin, own: own.length, others: others.length },
			kept: own.filter(reported).length,
			falseAlarms: others.filter(reported).length,
		};
	});
}

/** Margins as the blob has them: the lowest that are above. */
export function thresholdsIn(network: Network, found: readonly LabelThreshold[]): Uint32Array {
	return Uint32Array.from(found, ({ background, margin }) =>
		background ? BACKGROUND : margin === null ? 0 : Math.floor(margin / unitOf(network)) + 1,
	);
}

/** Bytes that settings add to a blob. */
export const reportingBytes = (labels: number) => headerBytes(SECTION) + headerBytes(STREAM) + 4 * labels;

/** One result for each window of the model's length, and of a row of them for one label one report. @throws UserError without a length */
export function byWindow(network: Network, thresholds: Uint32Array): Reporting {
	if (network.steps === 0)
		throw new UserError(
			"The sequences have many lengths, and a stream needs one: cut them alike (edge-ssm window), or give --steps.",
		);
	return { window: network.steps, hop: 0, smoothing: 0, hold: 1, thresholds };
}

/** The blob with other settings of the stream, unsigned; the network has them from then on. */
export function attachStream(network: Network, stream: Reporting): Uint8Array {
	network.stream = stream;
	return writeBlob(network, (bytes) => createHash("sha256").update(bytes).digest());
}
