// Options that a program gives: a misspelt name or a value out of range is refused, where it would be ignored or hang.
import { z } from "zod";
import { TARGETS } from "../evaluation/evaluate";
import { UserError } from "../terminal/errors";

/** A whole number, which may be left out. */
function whole(low: number, high: number) {
	const error = `must be a whole number from ${low} to ${high}`;
	return z.int({ error }).min(low, { error }).max(high, { error }).optional();
}

const text = z.string({ error: "must be a string" }).optional();
const callback = z
	.custom<unknown>((value) => typeof value === "function", { error: "must be a function" })
	.optional();
const percentile = "must be a number above 50, at most 100";

const OPTIONS = {
	evaluate: {
		on: z.enum(TARGETS, { error: `must be one of ${TARGETS.join(", ")}` }).optional(),
		threads: whole(1, 64),
		onProgress: callback,
	},
	quantize: {
		preset: text,
		bits: text,
		percentile: z
			.number({ error: percentile })
			.gt(50, { error: percentile })
			.max(100, { error: percentile })
			.optional(),
		calibrate: whole(1, Number.MAX_SAFE_INTEGER),
		golden: whole(0, 100),
		goldenSteps: whole(1, 65536),
		steps: whole(0, 2 ** 31 - 1),
		onProgress: callback,
	},
	// Their values are checked by the classifier itself, as on a device.
	stream: Object.fromEntries(
		["window", "hop", "smoothing", "threshold", "hold", "onResult", "onError", "schedule"].map((name) => [
			name,
			z.unknown().optional(),
		]),
	),
};

/** @throws UserError naming the option of `call` */
export function checkOptions(call: keyof typeof OPTIONS, options: object): void {
	const { error } = z.strictObject(OPTIONS[call]).safeParse(options);
	const issue = error?.issues[0];
	if (issue?.code === "unrecognized_keys")
		throw new UserError(
			`${call} has no option ${issue.keys[0]}; there are ${Object.keys(OPTIONS[call]).join(", ")}.`,
		);
	if (issue) throw new UserError(`${call}: the option ${issue.path.join(".")} ${issue.message}.`);
}
