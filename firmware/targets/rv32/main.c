/*
 * main.c - the application that ships, on XS with its built-ins and code in ROM.
 */
#include "engine.h"

extern const txPreparation preparation; /* rom.c, which the linker makes */

txMachine *engineMachine(const txCreation *creation)
{
	return fxPrepareMachine((txCreation *)creation, (txPreparation *)&preparation, "edge-ssm", NULL, NULL);
}

int main(void)
{
	engineRun(&preparation.creation, 0, 0);
	return 0;
}
