// The closed format and its overflow proof for an entire network: every tensor is inside its format and every int32
// intermediate is bounded for the worst input. Each kind's conditions are its own `prove`.
import { proveDetector } from "./detector";
import { encoderKind, headKind, LIMITS, type Network, stages, surroundings } from "./network";
import { INT32_MAX, integer, refuse, size } from "./proof";
import { proveStream } from "./stream";

/** Returns the network when it is inside the format and cannot overflow. @throws RangeError naming the tensor. */
export function provenNetwork(network: Network): Network {
	const { H, blocks, input, encoder, head, golden } = network;
	integer("model version", network.version, 0, 0xffffffff);
	integer("heads H", H, 1, LIMITS.H);
	integer("blocks", blocks.length, 1, LIMITS.blocks);
	integer("channels", input.length, 1, LIMITS.channels);
	integer("residual bits", network.residualBits, 8, 16);
	integer("steps", network.steps, 0, INT32_MAX);
	if (!(network.rate >= 0 && Number.isFinite(Math.fround(network.rate))))
		refuse("rate", `${network.rate} is not a rate in Hz`);
	input.forEach(({ name, unit, scale, offset }, c) => {
		if (
			!(Math.fround(scale) > 0 && Number.isFinite(Math.fround(scale)) && Number.isFinite(Math.fround(offset)))
		)
			refuse("input", `channel ${c} has no usable scale or offset`);
		if (name.includes("\0") || unit.includes("\0"))
			refuse("input", `the name of channel ${c} holds a zero character`);
	});
	const around = surroundings(network, blocks[0]!);
	encoderKind(encoder).prove("encoder", encoder, { H, channels: input.length });
	blocks.forEach((block, l) => {
		integer(`block ${l} y fraction`, block.yFraction, 3, 12);
		for (const { name, part, kind } of stages(block))
			kind.prove(`block ${l} ${name}`, part, surroundings(network, block));
	});
	const kind = headKind(head);
	kind.prove("head", head, around);
	const meanPooled = kind.pooling(head) === "mean";
	if (meanPooled && network.steps > LIMITS.meanSteps)
		refuse("steps", `mean pooling is proven for ${LIMITS.meanSteps} steps, not ${network.steps}`);
	size("labels", network.labels, kind.outputs(head));
	for (const label of network.labels)
		if (label.includes("\0") || label === "") refuse("labels", "a label is empty or holds a zero character");
	if (network.stream)
		proveStream(network.stream, { outputs: kind.outputs(head), scaled: kind.scaled, mean: meanPooled });
	if (network.detector) {
		const forecasts =
			head.kind === "values" && head.ahead > 0 && head.moment === "step" && head.outputs === input.length;
		proveDetector(network.detector, forecasts, input.length);
	}
	golden.forEach(({ samples, outputs }, i) => {
		if (samples.length === 0 || samples.length % input.length)
			refuse(`golden vector ${i}`, "has no whole number of samples");
		if (meanPooled && samples.length / input.length > LIMITS.meanSteps)
			refuse(`golden vector ${i}`, `mean pooling is proven for ${LIMITS.meanSteps} steps`);
		const results = kind.perStep(head) ? samples.length / input.length : 1;
		size(`golden vector ${i} outputs`, outputs, results * kind.outputs(head));
	});
	return network;
}
