// The training loss, as the head's kind defines it: the weighted mean over samples.
#ifndef OBJECTIVE_H
#define OBJECTIVE_H

/** Maximum outputs of a head. */
enum { MAX_OUTPUTS = 1024 };

typedef struct {
	const void *targets;         // of the data set's rows; NULL: no loss
	const double *weights;       // of targets, as the head's kind defines them; NULL: all the same
	double weight_sum;           // of the batch's samples
	double smoothing;            // fraction of a target spread over all outputs
	const float *teacher;        // (rows of the data set, outputs); NULL: none
	double distill, temperature; // with a teacher: its fraction of the loss
	double huber;                // of values: errors beyond it count linearly; 0: none do
} Objective;

#endif
