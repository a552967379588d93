/* SPDX-License-Identifier: ISC */
/*
 * Each invariant can fail: with its name in world.sabotage something is done that breaks it. For
 * tests of the simulator.
 */
#ifndef SIM_SABOTAGE_H
#define SIM_SABOTAGE_H

#include "world.h"

void sabotage_engine(struct node *n);  /* before each call into its engine */
void sabotage_events(struct node *n);  /* after it */
void sabotage_tick(struct node *n);    /* a few times a second */
void sabotage_keys(struct node *n, struct plane_sa *sa);
bool sabotage_stays(const struct node *n);  /* it does not stop as told */

#endif
