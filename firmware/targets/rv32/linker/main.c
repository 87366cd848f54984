/*
 * main.c - the command line of the linker: modules to a machine (link.c), the machine to constant C (emit.c).
 *
 *     linker OUTPUT.c [--preload NAME]... NAME=FILE.js ...
 */
#include "link.h"

#include "../creation.h"

int main(int count, char *arguments[])
{
	Module **last = &modules;
	txMachine *the;
	FILE *file;
	char *preloads[16];
	int preloadCount = 0, moduleCount = 0;

	if (count < 3)
		fail("OUTPUT.c [--preload NAME]... NAME=FILE.js ...");
	for (int i = 2; i < count; i++) {
		char *path = strchr(arguments[i], '=');
		if (!strcmp(arguments[i], "--preload") && (i + 1 < count) && (preloadCount < 16))
			preloads[preloadCount++] = arguments[++i];
		else if (path) {
			Module *module = *last = c_calloc(1, sizeof(Module));
			last = &module->next;
			*path = 0;
			module->name = arguments[i];
			module->path = path + 1;
			module->index = moduleCount++;
		} else
			fail("%s is not NAME=FILE.js", arguments[i]);
	}

	the = linkMachine(preloads, preloadCount);
	file = fopen(arguments[1], "w");
	if (!file)
		fail("%s: %s", arguments[1], strerror(errno));
	emit(the, &creationRV32, file);
	if (ferror(file) || fclose(file))
		fail("%s: %s", arguments[1], strerror(errno));
	return 0;
}
