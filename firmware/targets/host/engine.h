/*
 * engine.h - the XS machine of this target: made, run until nothing is left to do, and taken down.
 * Needs xsAll.h, so it is for engine.c, loader.c and main.c; the native modules see xsmc.h only.
 */
#ifndef ESSM_ENGINE_H
#define ESSM_ENGINE_H

#include "xsAll.h"
#include "xsScript.h"

/* Exit code of the process is this plus XS's status: 65 memory full, 66 stack overflow, 69 unhandled exception ... */
enum { EXIT_XS = 64 };

/* A specifier that JavaScript imports, and the file that it stands for. */
typedef struct {
	const char *specifier;
	const char *path;
} ModuleFile;

/* The modules there are, ended by a NULL specifier. There is no other way to a file: relative imports find nothing. */
extern const ModuleFile *moduleFiles;

/* The target's machine, empty or prepared, without any application; NULL when there is no memory for it. */
txMachine *engineMachine(const txCreation *creation);

/* Frees what the loader keeps for the machine's life; after fxDeleteMachine. */
void loaderClose(void);

/*
 * Makes a machine whose slots, chunks and stack take at most `limit` bytes (0: no limit), imports the module "main", calls its default export when that is a function, then serves timers and the
 * serial port until nothing can happen any more. Ends the process by itself when XS gives up.
 */
void engineRun(const txCreation *creation, size_t limit, int statistics);

#endif
