// Metrics of predicted values against targets: errors and ratios only, from any source.

/** Of one target. */
export interface ValueMetrics {
	mse: number;
	mae: number;
	/** Root mean square error divided by the targets' standard deviation; null where they are constant. */
	nrmse: number | null;
	/** Fraction of the targets' variance explained; null where they are constant. */
	r2: number | null;
	/** Symmetric mean absolute percentage error, 0 to 200 %: 200 |error| / (|target| + |value|); 0 where both are 0. */
	smape: number;
}

export interface RegressMetrics {
	/** Rows, and total values of each target. */
	count: number;
	values: number;
	/** Per target, and their means over targets. */
	targets: ValueMetrics[];
	mean: ValueMetrics;
}

/** Metrics of each target; null for metrics of another task. */
export const targetsOf = (metrics: RegressMetrics | object): ValueMetrics[] | null =>
	"targets" in metrics ? metrics.targets : null;

/** Accumulates errors of `count` targets. */
export class Errors {
	readonly #sums: {
		n: number;
		error: number;
		absolute: number;
		percent: number;
		sum: number;
		square: number;
	}[];

	constructor(count: number) {
		this.#sums = Array.from({ length: count }, () => ({
			...{ n: 0, error: 0, absolute: 0, percent: 0, sum: 0, square: 0 },
		}));
	}

	/** Values and targets interleaved by target. */
	add(targets: ArrayLike<number>, values: ArrayLike<number>): void {
		for (let i = 0; i < targets.length; i++) {
			const sums = this.#sums[i % this.#sums.length]!;
			const [target, error] = [targets[i]!, values[i]! - targets[i]!];
			const size = Math.abs(target) + Math.abs(values[i]!);
			sums.n++;
			sums.error += error ** 2;
			sums.absolute += Math.abs(error);
			sums.percent += size && (200 * Math.abs(error)) / size;
			sums.sum += target;
			sums.square += target ** 2;
		}
	}

	metrics(count: number): RegressMetrics {
		const targets = this.#sums.map(({ n, error, absolute, percent, sum, square }): ValueMetrics => {
			const variance = Math.max(0, square / n - (sum / n) ** 2);
			const mse = error / n;
			const varies = variance > 1e-12 * (square / n);
			return {
				mse,
				mae: absolute / n,
				nrmse: varies ? Math.sqrt(mse / variance) : null,
				r2: varies ? 1 - mse / variance : null,
				smape: percent / n,
			};
		});
		const mean = (of: (metrics: ValueMetrics) => number | null) => {
			const known = targets.map(of).filter((v): v is number => v !== null);
			return known.length ? known.reduce((a, b) => a + b, 0) / known.length : null;
		};
		return {
			count,
			values: this.#sums[0]!.n,
			targets,
			mean: {
				mse: mean(({ mse }) => mse)!,
				mae: mean(({ mae }) => mae)!,
				nrmse: mean(({ nrmse }) => nrmse),
				r2: mean(({ r2 }) => r2),
				smape: mean(({ smape }) => smape)!,
			},
		};
	}
}
