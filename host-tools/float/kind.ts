// A kind of the float network: one object in a file named after it, listed once (norms.ts, mixers.ts, ...).

/** A tensor as stored in a checkpoint. */
export interface Tensor {
	/** Name in a checkpoint, such as "s4_layers.0.kernel.log_dt". */
	name: string;
	shape: number[];
	/** Fields that hold it; two: pairs of (real, imaginary), the last size of `shape` being 2. */
	fields: string[];
	/** Parameters are trained; means and variances are running statistics, (H) each. */
	role: "parameter" | "mean" | "variance";
}

/** Sizes of the enclosing network. */
export interface FloatSizes {
	H: number;
	channels: number;
	/** Numbers per result. */
	outputs: number;
}

export interface FloatKind<T> {
	/** Its tensors in the trainer's order. @param l number of the block, for names */
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
	/** The state after the last step, one array per coordinate of all units: real and imaginary parts, or only real numbers. */
	readonly state: readonly Float64Array[];
	reset(): void;
	/** One step, from z (H) to y (H). */
	step(z: Float64Array, y: Float64Array): void;
}

export interface FloatMixerKind<T> extends FloatKind<T> {
	/** Recurrent form, step by step, as the device computes. */
	scan(mixer: T, H: number): FloatScan;
	/** Convolution form, computed independently of the recurrent one: rows of z (length, H) to rows of y. Slow. */
	convolve(mixer: T, H: number, z: readonly Float64Array[]): Float64Array[];
	/** Its own sizes by name, such as N. */
	shape(mixer: T): Record<string, number>;
	/** Units of its state, each with its own range; a complex number is one. */
	stateUnits(mixer: T, H: number): number;
	/** Numbers of its state. */
	stateValues(mixer: T, H: number): number;
	/** For mixers with modes per head: modes per head, and numbers per mode. */
	modes?: { count(mixer: T): number; parameters: number; stateValues: number };
	/** Multiply-accumulates per step, counted as for its integer counterpart. */
	macs(mixer: T, H: number): number;
}

export interface FloatActivationKind<T> extends FloatKind<T> {
	apply(activation: T): (y: number) => number;
}

export interface FloatChannelKind<T> extends FloatKind<T> {
	/** Number of intermediate values, for calibration: (inner), of which the first H are the gated ones. */
	inner(channel: T, H: number): number;
	/** Prepares out = channel(g, y), which a block adds to the residual stream; `inner` receives intermediate values. */
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
	/** Whether there are outputs at every step, or one result per sequence. */
	perStep(head: T): boolean;
	/** Maximum magnitude of outputs, in a unit common to all of them. */
	greatest(head: T, outputs: Float64Array): number;
	/** The outputs of a pooled residual stream (H). */
	conclude(head: T, pooled: Float64Array): Float64Array;
}
