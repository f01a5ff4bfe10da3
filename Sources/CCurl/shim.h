// What ReplenishLinux uses of libcurl. curl's option functions are variadic, which Swift cannot call: one typed shim each.
#pragma once
#include <curl/curl.h>
