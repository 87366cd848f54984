// The simulator has no sensor: a recording stands in, in the form of an ECMA-419 sample, again and again.
import Resource from "Resource";

export const units = {};

export default function open({ input }) {
	const samples = new Int16Array(new Resource("swipe.dat").slice(0));
	let at = 0;
	const value = () => {
		const { scale, offset } = input[at % input.length];
		const now = samples[at] * scale + offset;
		at = (at + 1) % samples.length;
		return now;
	};
	const vector = () => ({ x: value(), y: value(), z: value() });
	return {
		sample: () => ({ accelerometer: vector(), gyroscope: vector() }),
		close() {},
	};
}
