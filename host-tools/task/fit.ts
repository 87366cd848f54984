// Which tasks data and networks are for, and whether they match.
import type { Dataset } from "../datasets/dataset";
import type { Targets } from "../datasets/targets";
import { UserError } from "../terminal/errors";
import type { Task } from "./task";
import * as TASKS from "./tasks";

type Described<Tasks> = Tasks[keyof Tasks] extends Task<never, infer M> ? M : never;
/** Metrics of a network at its task. */
export type Metrics = Described<typeof TASKS>;

const BY_TARGETS = new Map<Targets["kind"], Task<Targets, Metrics>>(
	Object.values(TASKS).map((task) => [task.targets, task]),
);

/** The task of a data set, by its targets. */
export const taskOf = ({ targets }: Pick<Dataset, "targets">) => BY_TARGETS.get(targets.kind)!;

/** Whether results of a network with this head are right or wrong, so that they can be counted. */
export const countsFor = ({ kind }: Fitting["head"]) =>
	Object.values(TASKS).some(({ heads, counts }) => counts && heads.includes(kind));

/** What networks with this head are compared by. */
export const qualityFor = ({ kind }: Fitting["head"]) =>
	Object.values(TASKS).find(({ heads }) => heads.includes(kind))!.quality;

/** A network, float or integer, as far as data must match it. */
export interface Fitting {
	channels: number;
	outputs: number;
	encoder: { kind: string; vocabulary?: number };
	head: { kind: string };
}

/** A UserError when the encoder cannot take what the data set holds: tokens, or measured values. */
export function checkInput({ encoder }: Pick<Fitting, "encoder">, { name, tokens }: Dataset): void {
	const { kind, vocabulary } = encoder;
	if (tokens === undefined && vocabulary !== undefined)
		throw new UserError(`The data set ${name} holds measured values, but the network takes tokens.`);
	if (tokens !== undefined && vocabulary === undefined)
		throw new UserError(
			`The data set ${name} holds tokens, but the network's encoder, ${kind}, takes measured values.`,
		);
	if (tokens !== undefined && tokens > vocabulary!)
		throw new UserError(
			`The data set ${name} has a vocabulary of ${tokens} tokens, but the network knows ${vocabulary}.`,
		);
}

/** A UserError when the network cannot be used on the data set. */
export function checkFit({ channels, outputs, encoder, head }: Fitting, dataset: Dataset): void {
	if (dataset.channels !== channels)
		throw new UserError(
			`The data set ${dataset.name} has ${dataset.channels} channels, but the network takes ${channels}.`,
		);
	checkInput({ encoder }, dataset);
	const task = taskOf(dataset);
	if (!task.heads.includes(head.kind))
		throw new UserError(
			`The data set ${dataset.name} has ${task.targets}, which the network's head, ${head.kind}, does not predict.`,
		);
	task.checkFit(dataset.name, dataset.targets, outputs);
}
