// The header for C++ alone, as C++17.
#include <batchrouter.hpp>

batchrouter::Results (batchrouter::Router::*use)(const batchrouter::Job&) = &batchrouter::Router::results;
