// The typings that the library ships for applications of others, held to the sources: what they declare is there, and is called in
// the same way.
import { existsSync, readdirSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { projectPath } from "../../host-tools/files/project";

const FOLDER = "firmware/library";
const modules = readdirSync(projectPath(FOLDER)).filter((name) =>
	existsSync(projectPath(`${FOLDER}/${name}/${name}-typings.d.ts`)),
);

const config = ts.readConfigFile(projectPath("tsconfig.device.json"), ts.sys.readFile);
const { options, fileNames } = ts.parseJsonConfigFileContent(config.config, ts.sys, projectPath("."));
const program = ts.createProgram(fileNames, options);
const checker = program.getTypeChecker();

/** Exports of the ambient module `specifier`, and of the source that implements it. */
function exportsOf(name: string): { declared: Map<string, ts.Symbol>; actual: Map<string, ts.Symbol> } {
	const named = (symbol: ts.Symbol | undefined) =>
		new Map(checker.getExportsOfModule(symbol!).map((each) => [each.name, each]));
	const ambient = checker.getAmbientModules().find((symbol) => symbol.name === `"edge-ssm/${name}"`);
	// the classifier is native; tests/firmware/classifier.test.ts holds it to the one in TypeScript
	const path = name === "classifier" ? "src/classifier/classifier.ts" : `${FOLDER}/${name}/${name}.ts`;
	const actual = named(checker.getSymbolAtLocation(program.getSourceFile(projectPath(path))!));
	if (name === "classifier") actual.set("default", actual.get("Classifier")!);
	return { declared: named(ambient), actual };
}

const resolved = (symbol: ts.Symbol) =>
	symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
const isClass = (symbol: ts.Symbol) => (resolved(symbol).flags & ts.SymbolFlags.Class) !== 0;

const instance = (symbol: ts.Symbol) => checker.getDeclaredTypeOfSymbol(resolved(symbol));

/** How a method may be called: numbers of parameters, at least and at most. */
const calls = (member: ts.Symbol) =>
	checker
		.getTypeOfSymbol(member)
		.getCallSignatures()
		.map((signature) => [
			signature.parameters.filter((each) => !optional(each)).length,
			signature.parameters.length,
		]);
const optional = ({ valueDeclaration }: ts.Symbol) =>
	valueDeclaration !== undefined &&
	ts.isParameter(valueDeclaration) &&
	(valueDeclaration.questionToken !== undefined || valueDeclaration.initializer !== undefined);

describe.each(modules)("edge-ssm/%s", (name) => {
	const { declared, actual } = exportsOf(name);

	test("declares classes and values that the source exports", () => {
		const values = [...declared].filter(([, symbol]) => resolved(symbol).flags & ts.SymbolFlags.Value);
		expect(values.length).toBeGreaterThan(0);
		for (const [each] of values) expect([...actual.keys()], each).toContain(each);
	});

	test("its classes have what is declared, called with as many arguments", () => {
		for (const [each, symbol] of declared) {
			if (!isClass(symbol)) continue;
			for (const member of checker.getPropertiesOfType(instance(symbol))) {
				const found = checker.getPropertyOfType(instance(actual.get(each)!), member.name);
				expect(found, `${each}.${member.name}`).toBeDefined();
				expect(calls(found!), `${each}.${member.name}`).toEqual(calls(member));
			}
		}
	});
});
