// The training settings as flags: names, values, checks and help all come from the table in host-tools/training/settings.ts.
import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { readNumber, SETTINGS, type Setting, type TrainInput } from "../training/settings";

const entries: [string, Setting][] = Object.entries(SETTINGS);

const flagName = (name: string, { flag }: Setting) =>
	flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The schema without its default. */
function bare({ schema }: Setting): z.ZodType {
	return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
		? (schema.unwrap() as z.ZodType)
		: schema;
}

function help(setting: Setting): string {
	const { about, usualOn } = setting;
	const usual = setting.usual ?? setting.schema.parse(undefined);
	if (usual === "" || usual === false) return about;
	const on = usualOn === undefined ? "" : `; with --quantize --from: ${usualOn}`;
	return `${about} (default: ${usual === true ? "on" : usual}${on})`;
}

/** One flag, or a switch and its negation. Text after a switch is parsed by the command. */
function flagsOf(name: string, setting: Setting): Option[] {
	const flag = `--${flagName(name, setting)}`;
	const type = bare(setting);
	if (type instanceof z.ZodBoolean) {
		const on = new Option(setting.value === undefined ? flag : `${flag} [${setting.value}]`, help(setting));
		return setting.schema.parse(undefined) ? [on, new Option(flag.replace("--", "--no-"), "without")] : [on];
	}
	const isNumber = type instanceof z.ZodNumber;
	const option = new Option(`${flag} <${setting.value ?? (isNumber ? "n" : "name")}>`, help(setting));
	if (type instanceof z.ZodEnum) return [option.choices(type.options.map(String))];
	const read = setting.read ?? (isNumber ? readNumber : (text: string) => text);
	option.argParser((text) => {
		const value = read(text);
		const { error } = setting.schema.safeParse(value);
		if (error) throw new InvalidArgumentError(`It ${error.issues[0]!.message}.`);
		return value;
	});
	return [option];
}

/** Adds a flag for every setting, under the table's headings. */
export function addSettingFlags(command: Command): Command {
	let group = "";
	for (const [name, setting] of entries) {
		if (setting.group !== group) command.optionsGroup(`${setting.group}:`);
		group = setting.group;
		for (const option of flagsOf(name, setting)) command.addOption(option);
	}
	return command;
}

/** The settings given as flags. */
export function settingsOf(flags: Record<string, unknown>): TrainInput {
	const given = entries.flatMap(([name, setting]) => {
		const value = flags[new Option(`--${flagName(name, setting)}`).attributeName()];
		return value === undefined ? [] : [[name, value]];
	});
	return Object.fromEntries(given);
}
