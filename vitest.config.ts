import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["tests/**/*.test.ts"],
		testTimeout: 900_000,
		hookTimeout: 900_000,
		maxWorkers: 2,
		// no verdict by the clock of a busy machine: devices are waited for longer than the runner waits for a test
		env: { EDGE_SSM_PATIENCE: "100" },
	},
});
