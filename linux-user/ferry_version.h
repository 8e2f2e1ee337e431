#ifndef FERRY_VERSION_H
#define FERRY_VERSION_H

#define FERRY_VERSION_LINE "ferry version 0.1.0\n"

#endif
