// What is asked of every kind of the float network. A kind is one object in a file named after it; a list (norms.ts, mixers.ts,
// ...) names it once.

/** A tensor as a checkpoint keeps it. */
export interface Tensor {
	/** Name in a checkpoint, such as "s4_layers.0.kernel.log_dt". */
	name: string;
	shape: number[];
	/** Fields of the part that hold it; two: pairs of (real, imaginary), the last size of `shape` being 2. */
	fields: string[];
	/** Parameters are trained; means and variances are running statistics, (H) each. */
	role: "parameter" | "mean" | "variance";
}

/** Sizes around a part. */
export interface FloatSizes {
	H: number;
	channels: number;
	/** Numbers in a result. */
	outputs: number;
}

export interface FloatKind<T> {
	/** Its tensors in the order in which the trainer keeps them. @param l number of the block, for names */
	tensors(part: T, sizes: FloatSizes, l: number): Tensor[];
}

export interface FloatNormKind<T> extends FloatKind<T> {
	/** Prepares z = norm(x); both (H), `z` may be `x`. */
	apply(norm: T, H: number): (x: Float64Array, z: Float64Array) => void;
	/** The norm as one multiplication and addition per head, z = x scale + offset; undefined where it depends on the step. */
	fold(norm: T, H: number): { scale: Float64Array; offset: Float64Array } | undefined;
}

/** A mixer's state over one sequence. */
export interface FloatScan {
	/** The state after the last step, each array a coordinate of every unit: real and imaginary parts, or real numbers alone. */
	readonly state: readonly Float64Array[];
	reset(): void;
	/** One step, from z (H) to y (H). */
	step(z: Float64Array, y: Float64Array): void;
}

export interface FloatMixerKind<T> extends FloatKind<T> {
	/** Recurrent form, a step at a time, as the device computes. */
	scan(mixer: T, H: number): FloatScan;
	/** Convolution form, which has no step in common with the recurrent one: rows of z (length, H) to rows of y. Slow. */
	convolve(mixer: T, H: number, z: readonly Float64Array[]): Float64Array[];
	/** Its own sizes by name, such as N. */
	shape(mixer: T): Record<string, number>;
	/** Units of its state, each with a range of its own; a complex number is one. */
	stateUnits(mixer: T, H: number): number;
	/** Numbers of its state. */
	stateValues(mixer: T, H: number): number;
	/** Of mixers whose heads have modes of their own: how many a head has, and the numbers of one. */
	modes?: { count(mixer: T): number; parameters: number; stateValues: number };
	/** Multiply-accumulates per step, counted as its integer twin's are. */
	macs(mixer: T, H: number): number;
}

export interface FloatActivationKind<T> extends FloatKind<T> {
	apply(activation: T): (y: number) => number;
}

export interface FloatChannelKind<T> extends FloatKind<T> {
	/** Numbers that it has on the way, for calibration: (inner), of which the first H are what goes through its gate. */
	inner(channel: T, H: number): number;
	/** Prepares out = channel(g, y), what a block adds to the residual stream; `inner` takes what it has on the way. */
	apply(
		channel: T,
		H: number,
	): (g: Float64Array, inner: Float64Array, out: Float64Array, y: Float64Array) => void;
	macs(channel: T, H: number): number;
}

export interface FloatEncoderKind<T> extends FloatKind<T> {
	/** Prepares x = encoder(input), (channels) to (H). */
	apply(encoder: T, sizes: FloatSizes): (input: Float64Array, x: Float64Array) => void;
	macs(encoder: T, sizes: FloatSizes): number;
}

export interface FloatHeadKind<T> extends FloatKind<T> {
	pooling(head: T): "mean" | "last";
	outputs(head: T): number;
	/** Whether outputs belong to every step, and not to the sequence alone. */
	perStep(head: T): boolean;
	/** Greatest magnitude of outputs, in units that all of them share. */
	greatest(head: T, outputs: Float64Array): number;
	/** The outputs of a pooled residual stream (H). */
	conclude(head: T, pooled: Float64Array): Float64Array;
}
