// Events of a stream: labelled, detected, and their agreement. Counts and ratios only.

/** A range of steps, first to end, of one label. */
export interface Event {
	label: string;
	start: number;
	end: number;
}

/** A result of the classifier at a step, as the device reports it. */
export interface Report {
	step: number;
	label: string;
	margin: number;
	/** Number of the piece of the recording between gaps. */
	segment: number;
}

/** A label, detected at a step. */
export interface Detection {
	label: string;
	step: number;
}

export interface DecodeSettings {
	/** Labels that are not events. */
	background: ReadonlySet<string>;
	/** Consecutive results for a detection; 0: each result is one. */
	hold: number;
	/** Lowest margin of a result, by label. */
	threshold(label: string): number;
}

/**
 * One detection for each run of at least `hold` results of one label, as in the classifier's reports; background, another label or a
 * weak result ends a run.
 */
export function decode(
	reports: readonly Report[],
	{ background, hold, threshold }: DecodeSettings,
): Detection[] {
	const detections: Detection[] = [];
	let [label, count, segment] = ["", 0, 0];
	for (const report of reports) {
		const counts = report.margin >= threshold(report.label) && !background.has(report.label);
		const same = counts && report.label === label && report.segment === segment;
		segment = report.segment;
		[label, count] = counts ? [report.label, same ? count + 1 : 1] : ["", 0];
		if (hold ? count === hold : counts) detections.push({ label, step: report.step });
	}
	return detections;
}

export interface EventMetrics {
	events: number;
	detected: number;
	/** Repeated detections of the same event. */
	repeated: number;
	falseAlarms: number;
	/** Of detections that are not repeated; null without any. */
	precision: number | null;
	/** Of events; null without any. */
	recall: number | null;
	f1: number;
	/** Steps from the start of an event to its detection, per detected event. */
	delays: number[];
	/** By label. */
	byLabel: Record<string, { events: number; detected: number; falseAlarms: number }>;
}

/**
 * @param tolerance steps after its end in which an event may still be detected: results come at the end of a window
 */
export function compareEvents(
	events: readonly Event[],
	detections: readonly Detection[],
	tolerance: number,
): EventMetrics {
	const byLabel: EventMetrics["byLabel"] = Object.create(null);
	const of = (label: string) => (byLabel[label] ??= { events: 0, detected: 0, falseAlarms: 0 });
	for (const { label } of events) of(label).events++;
	const found = new Set<Event>();
	const delays: number[] = [];
	let [repeated, falseAlarms] = [0, 0];
	for (const { label, step } of detections) {
		const near = events.filter(
			(event) => event.label === label && step > event.start && step <= event.end + tolerance,
		);
		const open = near.find((event) => !found.has(event));
		if (open) {
			found.add(open);
			of(label).detected++;
			delays.push(step - open.start);
		} else if (near.length) repeated++;
		else {
			falseAlarms++;
			of(label).falseAlarms++;
		}
	}
	const detected = found.size;
	return {
		...{ events: events.length, detected, repeated, falseAlarms, delays, byLabel },
		precision: detected + falseAlarms ? detected / (detected + falseAlarms) : null,
		recall: events.length ? detected / events.length : null,
		f1: detected ? (2 * detected) / (events.length + detected + falseAlarms) : 0,
	};
}
