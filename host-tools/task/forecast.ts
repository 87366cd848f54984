// Forecasting: targets are the channels some steps later.
import type { Future } from "../datasets/future-kind";
import { UserError } from "../terminal/errors";
import { heading } from "../terminal/output";
import { figure, rowsOf, valuesTask } from "./regress";
import type { RegressMetrics } from "./regress-metrics";
import type { Task } from "./task";
import { goalOf } from "./values-goal";

export const forecast: Task<Future, RegressMetrics> = {
	...valuesTask,
	targets: "future",
	goal: (targets) => goalOf(targets, rowsOf(targets), targets.ahead),
	// Augmentation would change the targets too.
	changes: () => [],
	does: (outputs) => `forecasts ${outputs} channels`,
	wants: (outputs) => `${outputs} channels to forecast`,
	checkFit(dataset, targets, outputs) {
		if (targets.names.length !== outputs)
			throw new UserError(
				`The data set ${dataset} has ${targets.names.length} channels, but the network forecasts ${outputs}.`,
			);
	},
	headline: ({ mean }, what) =>
		`NRMSE ${heading(figure(mean.nrmse))}, sMAPE ${mean.smape.toFixed(2)} %, MSE ${figure(mean.mse)} on ${what}`,
	describe: ({ names, ahead }) => ({ forecast: names, ahead }),
};
