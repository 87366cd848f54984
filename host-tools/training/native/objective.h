// What training minimizes, as the head's kind understands it: the mean over samples, each counted by its weight.
#ifndef OBJECTIVE_H
#define OBJECTIVE_H

typedef struct {
	const void *targets;         // of the data set's rows
	const double *weights;       // of targets; NULL: all the same
	double weight_sum;           // of the batch's samples
	double smoothing;            // fraction of a target that is spread over all outputs
	const float *teacher;        // (rows of the data set, outputs); NULL: none
	double distill, temperature; // with a teacher: its fraction of the loss
} Objective;

#endif
