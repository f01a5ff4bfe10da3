// What replenish-factory uses of libqrencode.
#pragma once
#include <qrencode.h>
