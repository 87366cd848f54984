// Metadata of values: head = values, moment, ahead, and for each output a scale, an offset and a unit.
import { z } from "zod";
import { MOMENTS, type Moment } from "../../src/network/values";
import type { FloatValues } from "../float/values";
import { UserError } from "../terminal/errors";
import type { CheckpointHead } from "./head";

const Numbers = z.array(z.number());
const MOMENT_NAMES = Object.fromEntries(MOMENTS.map((name) => [name, [name]])) as Record<Moment, string[]>;

export const values: CheckpointHead<FloatValues> = {
	read({ weight, bias }, pooling, settings) {
		const count = bias.length;
		const list = <T extends number[] | string[]>(name: string, type: z.ZodType<T>, usual: T): T => {
			const value = settings.settle(name, undefined, settings.json(type), usual);
			if (value.length !== count)
				throw new UserError(`The checkpoint states ${value.length} ${name}; its head has ${count} outputs.`);
			return value;
		};
		const scale = list("output_scale", Numbers, new Array<number>(count).fill(1));
		if (scale.some((value) => !(value > 0 && Number.isFinite(value))))
			throw new UserError("The checkpoint states an output_scale that is not above 0.");
		return {
			kind: "values",
			pooling,
			moment: settings.settle("moment", undefined, settings.choose(MOMENT_NAMES), "end"),
			ahead: settings.settle("ahead", undefined, settings.json(z.int().min(0).max(0xffffffff)), 0),
			weight,
			bias,
			scale: Float64Array.from(scale),
			offset: Float64Array.from(list("output_offset", Numbers, new Array<number>(count).fill(0))),
			units: list("output_units", z.array(z.string()), new Array<string>(count).fill("")),
		};
	},
	stated: ({ moment, ahead, scale, offset, units }) => ({
		head: "values",
		moment,
		ahead: String(ahead),
		output_scale: JSON.stringify([...scale]),
		output_offset: JSON.stringify([...offset]),
		output_units: JSON.stringify(units),
	}),
};
