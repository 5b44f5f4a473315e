// cli/asio.h: the only way of the command line to Boost.Asio and Beast.
//
// Asio 1.74 uses std::exchange without including <utility>, which g++ 12 in C++20 mode refuses, so
// that header has to come first.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
