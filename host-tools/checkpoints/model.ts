// The float network as host tools see it: plain arrays in PyTorch's order, whatever file they came from. Not the quantized
// network (src/model) and not a file format (safetensors.ts).

/** How GELU is computed: x Phi(x) by erf, its tanh form, or x sigmoid(1.702 x). */
export type Activation = "gelu" | "gelu_tanh" | "gelu_sigmoid";

/** What the decoder sees: the mean of the residual stream over time, or its last step. */
export type Pooling = "mean" | "last";

/** BatchNorm1d in evaluation form, each array of length H: z = (x - mean) / sqrt(variance + eps) * weight + bias. */
export interface BatchNorm {
	weight: Float64Array;
	bias: Float64Array;
	mean: Float64Array;
	variance: Float64Array;
	eps: number;
}

/** One residual layer: S4D, activation, linear H to 2H, GLU. `placement` "before" is pre-norm: x + f(norm(x)); "after": norm(x + f(x)). */
export interface FloatLayer {
	logDt: Float64Array; // (H)
	logAReal: Float64Array; // (H, N); A = -exp(logAReal) + i AImag
	AImag: Float64Array; // (H, N)
	CReal: Float64Array; // (H, N)
	CImag: Float64Array; // (H, N)
	D: Float64Array; // (H)
	outputWeight: Float64Array; // (2H, H): H value rows, then H gate rows
	outputBias: Float64Array; // (2H)
	norm: BatchNorm | null;
}

/** A whole float S4D classifier. All arrays are row-major. */
export interface FloatModel {
	H: number;
	N: number;
	L: number;
	channels: number;
	classes: number;
	activation: Activation;
	pooling: Pooling;
	normPlacement: "before" | "after";
	/** The encoder sees (x - mean) / std of each channel; both of length `channels`. Mean 0 and std 1 when the data come ready. */
	inputMean: Float64Array;
	inputStd: Float64Array;
	encoderWeight: Float64Array; // (H, channels)
	encoderBias: Float64Array; // (H)
	layers: FloatLayer[];
	decoderWeight: Float64Array; // (classes, H)
	decoderBias: Float64Array; // (classes)
	/** Class names, or the class numbers as text. */
	labels: string[];
	/** Free text from the file's metadata, kept when the model is written again. */
	metadata: Record<string, string>;
}

/** Trainable parameters, counted as PyTorch counts them: running statistics and input normalization are not parameters. */
export function parameterCount(model: FloatModel): number {
	const { H, N, L, channels, classes } = model;
	const norms = model.layers.filter((layer) => layer.norm).length;
	const layer = H + 2 * H * N + 2 * H * N + H + 2 * H * H + 2 * H;
	return H * channels + H + L * layer + norms * 2 * H + classes * H + classes;
}
