/*
 * engine.h - the XS machine of this target: create, run until idle, delete.
 * Needs xsAll.h, so it is for engine.c, loader.c and main.c; the native modules see xsmc.h only.
 */
#ifndef ESSM_ENGINE_H
#define ESSM_ENGINE_H

#include "xsAll.h"
#include "xsScript.h"

/* The exit code is this plus XS's status: 65 memory full, 66 stack overflow, 69 unhandled exception ... */
enum { EXIT_XS = 64 };

/* An import specifier and its file. */
typedef struct {
	const char *specifier;
	const char *path;
} ModuleFile;

/* All modules, ended by a NULL specifier. No other file can be imported: relative imports find nothing. */
extern const ModuleFile *moduleFiles;

/* The target's machine, empty or prepared, without an application; NULL when out of memory. */
txMachine *engineMachine(const txCreation *creation);

/* Called before the application and at each turn of the event loop: the target feeds its watchdog. */
void engineTurn(void);

/* Frees what the loader keeps for the machine's lifetime; call after fxDeleteMachine. */
void loaderClose(void);

/*
 * Creates a machine whose slots, chunks and stack take at most `limit` bytes (0: no limit), imports the module "main",
 * calls its default export if that is a function, then serves timers and the serial port until nothing is pending. Exits
 * the process when XS gives up.
 */
void engineRun(const txCreation *creation, size_t limit, int statistics);

#endif
