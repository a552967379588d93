# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libike/libbase.a
libike_libbase_a_SOURCES = \
	libike/base/arena.c libike/base/arena.h \
	libike/base/buf.c libike/base/buf.h \
	libike/base/error.c libike/base/error.h \
	libike/base/inet.c libike/base/inet_text.c libike/base/inet.h \
	libike/base/json.c libike/base/json.h \
	libike/base/memory.c libike/base/memory.h \
	libike/base/message_cbor.c libike/base/message_json.c libike/base/message_rows.h \
	libike/base/message_saved.h libike/base/message_table.h libike/base/messages.c libike/base/messages.h \
	libike/base/reader.c libike/base/reader.h \
	libike/base/secret.c libike/base/secret.h \
	libike/base/shape.c libike/base/shape.h \
	libike/base/span.c libike/base/span.h \
	libike/base/writer.c libike/base/writer.h
