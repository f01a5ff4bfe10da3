// The kernel and C library calls that Swift cannot import: variadic functions, macros, errno.
#pragma once
