// Data for a task: read with the right targets, or derived from other data.
import type { Dataset } from "../datasets/dataset";
import { forecasting } from "../datasets/future";
import { openDataset } from "../datasets/open";
import type { OpenOptions } from "../datasets/source";
import type { Targets } from "../datasets/targets";
import { type Normality, normality, normalRows } from "./classify-normal";
import type { Task } from "./task";
import * as TASKS from "./tasks";

/** Tasks by name, plus "detect": forecasts of normal data, to detect anomalies. */
export const TASK_NAMES = [...(Object.keys(TASKS) as (keyof typeof TASKS)[]), "detect"] as const;
export type TaskName = (typeof TASK_NAMES)[number];

export interface ForecastOptions extends OpenOptions {
	/** Steps; default 1. */
	ahead?: number | undefined;
	/** The normal label; default: the most frequent. */
	normal?: string | undefined;
}

/** One split of a data set for a task, and the normal label used. @throws UserError when its targets do not fit */
export async function openForTask(
	name: TaskName | undefined,
	source: string,
	split: "train" | "test",
	{ ahead = 1, normal, ...options }: ForecastOptions = {},
): Promise<{ dataset: Dataset; normality?: Normality | undefined }> {
	if (name === "forecast" || name === "detect") {
		const all = await openDataset(source, split, { ...options, unlabelled: true });
		const found = name === "detect" ? normality(all, normal) : undefined;
		return { dataset: forecasting(normalRows(all, found), ahead), normality: found };
	}
	const targets = name && TASKS[name].targets;
	return { dataset: await openDataset(source, split, targets ? { ...options, targets } : options) };
}

const all = Object.values(TASKS) as unknown as Task<Targets, unknown>[];

/** The same for a network with this head. @param normal label used in training; forecasts are of such sequences then */
export async function openForHead(
	{ kind, ahead = 0 }: { kind: string; ahead?: number },
	source: string,
	split: "train" | "test",
	options: ForecastOptions = {},
): Promise<Dataset> {
	if (ahead > 0) {
		const { normal } = options;
		const task = normal === undefined ? "forecast" : "detect";
		return (await openForTask(task, source, split, { ...options, ahead })).dataset;
	}
	// Forecasts can be derived from any data and are recognised by the head alone.
	const task = all.find(({ heads, targets }) => heads.includes(kind) && targets !== TASKS.forecast.targets);
	return openDataset(source, split, task ? { ...options, targets: task.targets } : options);
}
