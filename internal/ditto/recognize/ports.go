package recognize

// The ports of Ditto's services and of MongoDB. Sources: ditto-service-base.conf and gateway.conf of Ditto
// (HTTP 8080, Pekko remoting 2551, Pekko management 7626, Prometheus 9095); MongoDB's default port.
const (
	HttpPort       = 8080
	RemotingPort   = 2551
	ManagementPort = 7626
	MetricsPort    = 9095
	MongoPort      = 27017
)

// The names of ports in facts.
const (
	PortHTTP       = "http"
	PortRemoting   = "remoting"
	PortManagement = "management"
	PortMetrics    = "metrics"
	PortMongoDB    = "mongodb"
)
