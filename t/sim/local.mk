# SPDX-License-Identifier: ISC
# Programs that run worlds of engines: ladders that say what is to happen, and chance.
SIM_WORLD = t/sim/world.c t/sim/world.h t/sim/node.h t/sim/plane.h t/sim/net.h \
	t/sim/queue.h t/sim/invariant.h t/sim/queue.c t/sim/node.c t/sim/net.c t/sim/plane.c \
	t/sim/edit.c t/sim/story.c t/sim/agree.c t/sim/invariant.c t/sim/set.c t/sim/set.h t/sim/sabotage.c t/sim/sabotage.h \
	t/sim/rand.c t/sim/rand.h t/sim/ke_double.c t/sim/ke_double.h \
	t/sim/act.c t/sim/act.h t/sim/act_do.c t/sim/act_said.c
SIM_WRAP = $(AM_LDFLAGS) -Wl,--wrap=ike_ke_new -Wl,--wrap=ike_ke_public \
	-Wl,--wrap=ike_ke_derive -Wl,--wrap=ike_ke_free -Wl,--wrap=ike_ke_private \
	-Wl,--wrap=ike_ke_restore

check_PROGRAMS += t/sim/ladder
t_sim_ladder_SOURCES = t/sim/ladder.c $(SIM_WORLD)
t_sim_ladder_LDFLAGS = $(SIM_WRAP)
t_sim_ladder_LDADD = libike/libike.a $(BASE_LIBS)

check_PROGRAMS += t/sim/soak
t_sim_soak_SOURCES = t/sim/soak.c t/sim/draw.c t/sim/draw.h $(SIM_WORLD)
t_sim_soak_LDFLAGS = $(SIM_WRAP)
t_sim_soak_LDADD = libike/libike.a $(BASE_LIBS)
