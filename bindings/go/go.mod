module example.com/batchrouter/bindings/go

go 1.19
