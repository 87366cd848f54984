// One sequence through the device's kernel, in frames (docs/LINK.md, L15).
import { Command, InferFlag, Status } from "../../src/link/commands";
import { MAX_PAYLOAD } from "../../src/link/frame";
import { UserError } from "../terminal/errors";
import { DeviceError, type Exchange } from "./exchange";
import { readInt32s, writeSamples } from "./payload";

const SEQUENCE_MILLISECONDS = 60_000;

/**
 * @param run number of the sequence @param samples (steps, channels)
 * @param each outputs that every step is to give; 0: the last step alone
 * @throws UserError, DeviceError
 */
export async function inferSequence(
	exchange: Exchange,
	run: number,
	samples: Int16Array,
	channels: number,
	each: number,
): Promise<Int32Array> {
	const inReply = each ? Math.floor((MAX_PAYLOAD - 4) / (4 * each)) : Number.POSITIVE_INFINITY;
	const perFrame = Math.min(Math.floor((MAX_PAYLOAD - 8) / (2 * channels)), inReply);
	const steps = samples.length / channels;
	if (perFrame < 1)
		throw new UserError(
			`A sample of ${channels} channels${each ? ` or its ${each} outputs` : ""} does not fit a frame of the link.`,
		);
	if (!Number.isInteger(steps) || steps === 0)
		throw new UserError(
			`${samples.length} values are not a whole number of samples of ${channels} channels.`,
		);
	const all = new Int32Array(each * steps);
	for (let step = 0, attempts = 0; ; ) {
		const count = Math.min(perFrame, steps - step);
		const last = step + count === steps;
		const from = step;
		const wanted = each ? InferFlag.EACH : last ? InferFlag.OUTPUTS : 0;
		try {
			const { view } = await exchange.request({
				command: Command.INFER,
				length: 8 + 2 * count * channels,
				write: (payload) => {
					payload.setUint32(0, from, true);
					payload.setUint16(4, run, true);
					payload.setUint8(6, (from === 0 ? InferFlag.BEGIN : 0) | wanted);
					writeSamples(payload, 8, samples, from * channels, count * channels);
				},
				replyLength: 4 + 4 * each * count,
				timeout: SEQUENCE_MILLISECONDS,
			});
			if (each) all.set(readInt32s(view, 4).subarray(0, each * count), each * from);
			if (last) return each ? all : readInt32s(view, 4);
			step += count;
		} catch (error) {
			// The device lost the sequence, as by a reset: start over.
			const again = error instanceof DeviceError && error.status === Status.OFFSET && attempts++ < 3;
			if (step === 0 || !again) throw error;
			step = 0;
		}
	}
}
